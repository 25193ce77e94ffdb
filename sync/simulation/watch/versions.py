"""What a sale earns by the versions of the program, reckoned by hand (I17).

A store judges by the version that is in force on the sale's day, of those that it was sent. Where
head office knows of another one in force then, what that gives beyond what was shown is added, once
for the sale; nothing is ever taken.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, AdjustPoints
from sync.simulation.program import FIRST, Version
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["VersionWatch", "hold_judged"]

_HEARD = "SELECT rowid, canonical FROM entries WHERE rowid > ? ORDER BY rowid"
_NEWEST = "SELECT coalesce(max(rowid), 0) FROM entries"
_PUT = "SELECT edition FROM programs"
_ROWS = "SELECT subject, points FROM conflicts WHERE kind = 'program_skew'"
_DECIDED = "SELECT canonical FROM decisions"


def _in_force(versions: Iterable[Version], day: date) -> Version:
    """Answer the version of a day: the newest that has begun."""
    begun = [each for each in versions if each.begins <= day]
    return max(begun, key=lambda each: each.number, default=FIRST)


def _worth(version: Version, fact: AccumulatePoints) -> int:
    """Answer what a sale earns: what vouchers and points paid for earns nothing."""
    paid = [tender.amount_minor for tender in fact.sale.tenders if tender.kind == "cash"]
    return version.worth(sum(paid))


@dataclass(slots=True)
class VersionWatch:
    """Follows what head office hears of sales. ``rows`` asks its tables."""

    rows: Callable[..., list[Any]]
    versions: Mapping[str, Version]
    seen: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    """By sale: what was to be added as it was heard first to be judged by another version."""

    def begin_anew(self) -> None:
        """The database was set back: what it still holds was settled."""
        self.seen = self.rows(_NEWEST)[0][0]
        self.missing = dict(tuple(row) for row in self.rows(_ROWS))

    def committed(self) -> None:
        """Hold what became of sales that were heard since the last time."""
        put = None
        for rowid, canonical in self.rows(_HEARD, self.seen):
            self.seen = rowid
            fact = Entry.read(bytes(canonical)).fact
            if not isinstance(fact, AccumulatePoints) or fact.account is None:
                continue
            if put is None:
                put = [self.versions[edition] for (edition,) in self.rows(_PUT)]
            due = _in_force(put, fact.sale.business_date)
            if due.edition == fact.program or fact.sale_id in self.missing:
                continue
            is_known = any(each.edition == fact.program for each in put)
            more = max(0, _worth(due, fact) - fact.points) if is_known else 0
            self.missing[fact.sale_id] = more
            words = f"{fact.sale_id} by {fact.program}, not {due.edition}"
            found = dict(tuple(row) for row in self.rows(_ROWS)).get(fact.sale_id)
            hold("I17", found == more, f"{words}: {found} more points are given, not {more}")

    def hold_at_rest(self) -> None:
        """Hold that what was to be added was, and nothing else."""
        self.committed()
        added: defaultdict[str, int] = defaultdict(int)
        for (canonical,) in self.rows(_DECIDED):
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, AdjustPoints) and " was in force: sale " in fact.reason:
                added[fact.reason.partition(": sale ")[2]] += fact.points
        due = {sale_id: more for sale_id, more in self.missing.items() if more}
        hold("I17", due == dict(added), f"{dict(added)} is added to sales, where {due} is missing")


def hold_judged(device: "Device", entry: Entry) -> None:
    """Hold that a store judges by the version in force, of those that it has."""
    fact = entry.fact
    if not isinstance(fact, AccumulatePoints) or fact.account is None:
        return
    known = device.house.versions
    version = _in_force(
        [known[edition] for edition, _ in device.disk.programs], fact.sale.business_date
    )
    words = f"{device.name}: {fact.sale_id} is judged by {fact.program}, not {version.edition}"
    hold("I17", fact.program == version.edition, words)
    worth = _worth(version, fact)
    words = f"{device.name}: {fact.sale_id} earns {fact.points} by {fact.program}, not {worth}"
    hold("I17", fact.points == worth, words)

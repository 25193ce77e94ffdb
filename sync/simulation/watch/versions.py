"""What a sale earns by the versions of the program, reckoned by hand (I17).

A store judges by the version that is in force on the sale's day, of those that it was sent. Where
head office knows of another one in force then, what that gives beyond what was shown is added, once
for the sale and for as much of it as was bought; of what was shown nothing is ever taken.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, AdjustPoints, ReturnSale, VoidSale
from sync.simulation.program import FIRST, Version
from sync.simulation.watch.truth import Truth
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["VersionWatch", "hold_judged"]

_HEARD = "SELECT rowid, canonical FROM entries WHERE rowid > ? ORDER BY rowid"
_NEWEST = "SELECT coalesce(max(rowid), 0) FROM entries"
_PUT = "SELECT edition FROM programs"
_ROWS = "SELECT subject, points FROM conflicts WHERE kind = 'program_skew'"
_SAID = "SELECT canonical FROM entries UNION ALL SELECT canonical FROM decisions"
_ADDED = "by the version in force: sale "


def _in_force(versions: Iterable[Version], day: date) -> Version:
    """Answer the version of a day: the newest that has begun."""
    begun = [each for each in versions if each.begins <= day]
    return max(begun, key=lambda each: each.number, default=FIRST)


def _worth(version: Version, fact: AccumulatePoints) -> int:
    """Answer what a sale earns: what vouchers and points paid for earns nothing."""
    paid = [tender.amount_minor for tender in fact.sale.tenders if tender.kind == "cash"]
    return version.worth(sum(paid))


@dataclass(slots=True)
class _Sale:
    """What was heard of a sale."""

    total_minor: int = 0
    shown: int = 0
    """The most that any store showed for it: by that copy it counts."""
    due: int = 0
    """The most that versions gave that were in force, where another one judged it."""
    back_minor: dict[str, int] = field(default_factory=dict)

    def sold(self, fact: AccumulatePoints) -> None:
        """A store wrote it."""
        self.total_minor = fact.sale.total_minor
        self.shown = max(self.shown, fact.points)

    def came_back(self, fact: ReturnSale | VoidSale) -> None:
        """A part of it came back, or all."""
        if isinstance(fact, ReturnSale):
            self.back_minor[fact.return_id] = fact.amount_minor
        else:
            self.back_minor["void"] = self.total_minor

    @property
    def missing(self) -> int:
        """Answer what is to be added for as much of it as was bought."""
        left_minor = max(0, self.total_minor - sum(self.back_minor.values()))
        return max(0, self.due - self.shown) * left_minor // max(1, self.total_minor)


@dataclass(slots=True)
class VersionWatch:
    """Follows what head office hears of sales. ``rows`` asks its tables, ``versions`` are those of
    the simulation's program; none where the shops have another.
    """

    rows: Callable[..., list[Any]]
    versions: Mapping[str, Version]
    truth: Truth
    seen: int = 0
    due: dict[str, int] = field(default_factory=dict)
    """By sale: what the version gave that was in force as another one was found to have judged."""

    def begin_anew(self) -> None:
        """The database was set back: what it still holds was settled."""
        self.seen = self.rows(_NEWEST)[0][0]
        settled = {sale_id for sale_id, _ in self.rows(_ROWS)}
        self.due = {sale_id: due for sale_id, due in self.due.items() if sale_id in settled}

    def committed(self) -> None:
        """Hold what became of sales that were heard since the last time."""
        if not self.versions:
            return
        put = None
        for rowid, canonical in self.rows(_HEARD, self.seen):
            self.seen = rowid
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, AccumulatePoints) and fact.account is not None:
                if put is None:
                    put = [self.versions[edition] for (edition,) in self.rows(_PUT)]
                self._heard(fact, put)

    def _heard(self, fact: AccumulatePoints, put: Sequence[Version]) -> None:
        due = _in_force(put, fact.sale.business_date)
        if due.edition == fact.program or fact.sale_id in self.due:
            return
        is_known = any(each.edition == fact.program for each in put)
        worth = _worth(due, fact) if is_known else 0
        self.due[fact.sale_id] = worth
        more = max(0, worth - fact.points)
        self.truth.added(fact.account or "", more)
        words = f"{fact.sale_id} by {fact.program}, not {due.edition}"
        found = dict(tuple(row) for row in self.rows(_ROWS)).get(fact.sale_id)
        hold("I17", found == more, f"{words}: {found} more points are missing, not {more}")

    def hold_at_rest(self) -> None:
        """Hold that what was to be added was, and nothing else."""
        self.committed()
        sales: defaultdict[str, _Sale] = defaultdict(_Sale)
        added: defaultdict[str, int] = defaultdict(int)
        for (canonical,) in self.rows(_SAID):
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, AccumulatePoints) and fact.account is not None:
                sales[fact.sale_id].sold(fact)
            elif isinstance(fact, AdjustPoints) and _ADDED in fact.reason:
                added[fact.reason.partition(_ADDED)[2]] += fact.points
        for (canonical,) in self.rows(_SAID):
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, ReturnSale | VoidSale):
                sales[fact.sale_id].came_back(fact)
        for sale_id, due in self.due.items():
            sales[sale_id].due = due
        for sale_id in sorted({*added, *self.due}):
            found, missing = added[sale_id], sales[sale_id].missing
            hold("I17", found == missing, f"{found} points are added to {sale_id}, not {missing}")


def hold_judged(device: "Device", entry: Entry) -> None:
    """Hold that a store judges by the version in force, of those that it has."""
    fact, known = entry.fact, device.house.versions
    if not known or not isinstance(fact, AccumulatePoints) or fact.account is None:
        return
    version = _in_force(
        [known[edition] for edition, _ in device.disk.programs], fact.sale.business_date
    )
    words = f"{device.name}: {fact.sale_id} is judged by {fact.program}, not {version.edition}"
    hold("I17", fact.program == version.edition, words)
    worth = _worth(version, fact)
    words = f"{device.name}: {fact.sale_id} earns {fact.points} by {fact.program}, not {worth}"
    hold("I17", fact.points == worth, words)

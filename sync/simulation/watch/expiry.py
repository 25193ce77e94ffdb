"""Points that ran out: never more than were due, and only what no device has rights to (I4).

What is due is worked out here anew: who spends, spends the oldest points, so what was earned within
the month is what is left last. Points that still wait are not among what is active, whatever day
they are of: which do is told by the activations alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agent.core.calendar import months_after
from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    ExpirePoints,
    LotPart,
    ReturnSale,
    VoidSale,
)
from sync.simulation.watch.violations import hold

__all__ = ["ExpiryWatch"]

_MONTHS = 1

_DECIDED = "SELECT seq, canonical FROM decisions WHERE seq > ? ORDER BY seq"

_STANDS = "SELECT active, available, due FROM accounts WHERE account = ?"

_OF_FAMILY = """
WITH family AS (SELECT account FROM accounts WHERE account = ? OR root = ?)
SELECT journals.id, entries.canonical
FROM entries JOIN journals ON journals.id = entries.journal_id
WHERE entries.posted AND (entries.account IN (SELECT account FROM family)
OR entries.account IS NULL AND entries.thing IN (
SELECT thing FROM entries WHERE account IN (SELECT account FROM family)))
"""
"""Also what came back at a device that did not know whose it was."""

_JOURNALS = "SELECT id, epoch, first_seq, parent_id, parent_seq FROM journals"

_Place = tuple[int, int]
"""Journal and seq: copies of a disk have other entries under one epoch and seq."""


@dataclass(slots=True)
class _Earned:
    """What a sale gave, on the first day that anybody says, and what came back of it."""

    day: date
    minor: int
    points: int = 0
    back: int = 0
    back_minor: int = 0
    places: set[_Place] = field(default_factory=set)
    waits: bool = True

    def came_back(self, fact: ReturnSale | VoidSale) -> None:
        """Some of it came back, or all."""
        self.back += fact.from_active + fact.from_pending
        self.back_minor += fact.amount_minor if isinstance(fact, ReturnSale) else self.minor

    def left(self, active: set[_Place]) -> int:
        """Answer how many of its points a member still has that are active."""
        if self.waits and self.places.isdisjoint(active):
            return 0
        by_money = self.points * max(0, self.minor - self.back_minor) // max(1, self.minor)
        return max(0, min(self.points - self.back, by_money))


class ExpiryWatch:
    """Looks at each decision that lets points run out, and has it told, by account. ``rows`` asks
    head office's tables.
    """

    def __init__(
        self, rows: Callable[..., list[Any]], tell: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self._rows, self._tell = rows, tell
        self._seen = 0

    def begin_anew(self) -> None:
        """The database was set back."""
        self._seen = self._rows("SELECT coalesce(max(seq), 0) FROM decisions")[0][0]

    def committed(self) -> None:
        """Hold what was decided since the last time."""
        for seq, canonical in self._rows(_DECIDED, self._seen):
            self._seen = seq
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, ExpirePoints):
                self._hold(fact)
                self._tell(fact.account, fact.points)

    def _hold(self, fact: ExpirePoints) -> None:
        active, available, due = self._rows(_STANDS, fact.account)[0]
        what = f"{fact.points} points of {fact.account} ran out, due on {fact.due_on}"
        hold("I4", available >= 0, f"{what}: {available} are left available, the rest was leased")
        lasting = min(active + fact.points, self._lasting(fact.account, fact.due_on))
        hold("I4", active >= lasting, f"{what}: {active} are left, where {lasting} are not due")
        hold("I4", due >= 0, f"{what}: {due} are still due")

    def _lasting(self, account: str, on: date) -> int:
        """Answer how many active points a member earned so late that they are not due on a day."""
        earned: dict[str, _Earned] = {}
        came_back: list[ReturnSale | VoidSale] = []
        active: set[_Place] = set()
        journals = {row[0]: row[1:] for row in self._rows(_JOURNALS)}
        for journal, canonical in self._rows(_OF_FAMILY, account, account):
            entry = Entry.read(bytes(canonical))
            fact, day = entry.fact, entry.business_date
            if isinstance(fact, AccumulatePoints) and fact.account is not None:
                assert day is not None, "a sale says its day"  # noqa: S101
                new = _Earned(day=day, minor=fact.summary.total_minor)
                sold = earned.setdefault(fact.sale_id, new)
                sold.day, sold.points = min(sold.day, day), max(sold.points, fact.points)
                sold.places.add((journal, entry.seq))
                sold.waits &= fact.pending_until is not None
            elif isinstance(fact, ActivatePoints):
                active |= {_made_at(journals, journal, lot) for lot in fact.lots}
            elif isinstance(fact, ReturnSale | VoidSale):
                came_back.append(fact)
        for back in came_back:
            if back.sale_id in earned:
                earned[back.sale_id].came_back(back)
        return sum(
            sold.left(active) for sold in earned.values() if months_after(sold.day, _MONTHS) > on
        )


def _made_at(journals: Mapping[int, tuple[Any, ...]], journal: int, lot: LotPart) -> _Place:
    """Find the entry that made a lot: in the journal that names it, or in one it grew from."""
    at, last = journal, lot.seq
    while at in journals:
        epoch, first, parent, parent_seq = journals[at]
        if epoch == lot.epoch and first <= lot.seq <= last:
            return at, lot.seq
        at, last = parent or 0, parent_seq or 0
    return 0, lot.seq

"""What members earned, and on which days: read off the entries about them, for many at once.

Of an entry only a few fields are decoded. What is left of what was earned on a day follows from the
balance: what is spent is the oldest, so the newest is what is there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec
from sqlalchemy import Connection, select, union_all

from agent.core.expiry import gone_on
from agent.core.program import Expiry
from sync.hub.bulk import among
from sync.hub.tables import accounts, decisions, devices, entries, journals

__all__ = ["Earnings", "earnings_of"]

_READ_AT_ONCE = 1_000
"""Entries that are held in memory at once, however many there are of some members."""


class _Fact(msgspec.Struct):
    """The fields of facts by which points come; the sale in it is passed over."""

    kind: str
    sale_id: str = ""
    points: int = 0
    given_back: int = 0
    from_active: int = 0
    from_pending: int = 0


class _Written(msgspec.Struct):
    recorded_at: str
    fact: _Fact
    business_date: str | None = None


_DECODER = msgspec.json.Decoder(_Written)


@dataclass(slots=True)
class Earnings:
    """What a member earned, by day, and when they last bought or redeemed. A day is as it is
    written: ``YYYY-MM-DD``.
    """

    _by_day: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _active_on: str = ""
    _sales: dict[str, tuple[str, int]] = field(default_factory=dict)
    _back: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def read(self, canonical: bytes) -> None:
        """Take an entry in, as it was written."""
        entry = _DECODER.decode(canonical)
        self._hear(entry.business_date or entry.recorded_at[:10], entry.fact)

    def due(self, expiry: Expiry, active: int, on: date) -> int:
        """Answer how many of the ``active`` points are gone by a day."""
        by_day = self._by_day.copy()
        for sale_id, (day, points) in self._sales.items():
            by_day[day] += max(0, points - self._back.get(sale_id, 0))
        left: list[tuple[str, int]] = []
        for day in sorted(by_day, reverse=True):
            points = min(active, by_day[day])
            if points > 0:
                left.append((day, points))
                active -= points
        last = date.fromisoformat(self._active_on) if self._active_on else None
        due = 0
        for day, points in reversed(left):
            if gone_on(expiry, date.fromisoformat(day), last) > on:
                break  # what came later is there no shorter
            due += points
        return due

    def _hear(self, day: str, fact: _Fact) -> None:
        match fact.kind:
            case "ACCUMULATE_POINTS" | "CLAIM_SALE":  # of several copies the best one counts
                sold_on, points = self._sales.get(fact.sale_id, (day, 0))
                self._sales[fact.sale_id] = (min(sold_on, day), max(points, fact.points))
                self._active_on = max(self._active_on, day)
            case "REDEEM_REWARD":
                self._active_on = max(self._active_on, day)
            case "RETURN_SALE" | "VOID_SALE":
                self._back[fact.sale_id] += fact.from_active + fact.from_pending
                self._by_day[day] += fact.given_back
            case "ACCUMULATE_PROMOTION_POINTS" | "ADJUST_POINTS":
                self._by_day[day] += max(0, fact.points)


def earnings_of(c: Connection, tenant: str, roots: Iterable[str]) -> Mapping[str, Earnings]:
    """Read what members earned, from every entry and decision about them, by their account."""
    family = {root: root for root in roots}
    earned = {root: Earnings() for root in family}
    if not family:
        return earned
    merged = select(accounts.c.account, accounts.c.root).where(
        accounts.c.tenant == tenant, among(c, accounts.c.root, list(family))
    )
    family |= {row.account: row.root for row in c.execute(merged)}
    for account, canonical in _entries_about(c, tenant, family):
        earned[family[account]].read(canonical)
    return earned


def _entries_about(c: Connection, tenant: str, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    listed = list(names)
    written = (
        select(entries.c.account, entries.c.canonical)
        # Not by the journal's own index: a journal has entries of every member.
        .join(journals, journals.c.id == entries.c.journal_id + 0)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant, among(c, entries.c.account, listed), entries.c.posted)
    )
    decided = select(decisions.c.account, decisions.c.canonical).where(
        decisions.c.tenant == tenant, among(c, decisions.c.account, listed)
    )
    found = c.execute(union_all(written, decided), execution_options={"yield_per": _READ_AT_ONCE})
    return ((account, bytes(canonical)) for account, canonical in found)

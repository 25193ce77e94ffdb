"""Expiry: only head office lets points run out, when the program says and no sooner.

Which points are left of those that were earned on a day follows from the balance: what is spent is
the oldest, so the newest are what is there. Points leave only from what no device has rights to.
What is leased stays due until it comes home, and nobody is granted it meanwhile; a redemption takes
the oldest first, and so what is due.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select, union_all, update

from agent.core.account import Account, Lot
from agent.core.entry import Entry
from agent.core.expiry import expires
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    AdjustPoints,
    ClaimSale,
    ExpirePoints,
    Fact,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.program import Expiry
from sync.hub.bulk import among
from sync.hub.decisions import decide
from sync.hub.editions import editions_of
from sync.hub.marking import mark
from sync.hub.tables import accounts, decisions, devices, entries, journals

__all__ = ["Expired", "expire_due"]


class Expired(NamedTuple):
    """What ran out in one go: so many ``points`` of so many ``members``; ``after`` is the last that
    was looked at, None where there are no more.
    """

    points: int
    members: int
    after: str | None


class _Earned(NamedTuple):
    """What a member earned, by day, and the day of their last purchase or redemption."""

    by_day: Counter[date]
    last_activity_on: date | None


def expire_due(
    c: Connection, tenant: str, on: date, *, now: datetime, after: str = "", at_most: int = 200
) -> Expired:
    """Let points run out that are due on a day, for some members at once, by account.

    Run again on the same day, it takes only what has come home since.
    """
    editions = editions_of(c, tenant)
    expiry = None if editions is None else editions.on(on).expiry
    rows = c.execute(
        select(accounts)
        .where(
            accounts.c.tenant == tenant,
            accounts.c.account > after,
            accounts.c.root.is_(None),
            or_(accounts.c.active > 0, accounts.c.due > 0),
        )
        .order_by(accounts.c.account)
        .limit(at_most)
    ).all()
    gone = [_expire(c, tenant, row, expiry, on, now) for row in rows]
    last = rows[-1].account if len(rows) == at_most else None
    return Expired(points=sum(gone), members=sum(1 for each in gone if each), after=last)


def _expire(
    c: Connection, tenant: str, row: Any, expiry: Expiry | None, on: date, now: datetime
) -> int:
    """Let a member's points run out; answers how many."""
    due = 0
    if expiry is not None and row.active > 0:
        due = _due(expiry, row.tier, _left(row.active, _earned(c, tenant, row.account)), on)
    points = max(0, min(due, int(row.available)))
    values = {"due": due - points}
    if points:
        decide(c, tenant, ExpirePoints(account=row.account, points=points, due_on=on), now=now)
        values["expired"] = points
    if points or row.due != values["due"]:
        c.execute(
            update(accounts)
            .where(accounts.c.tenant == tenant, accounts.c.account == row.account)
            .values(**values)
        )
        mark(c, tenant, "account", [row.account])
    return points


def _due(
    expiry: Expiry, tier: str | None, left: tuple[tuple[Lot, ...], date | None], on: date
) -> int:
    lots, last_activity_on = left
    member = Account(tier=tier, lots=lots, last_activity_on=last_activity_on)
    return sum(each.points for each in expires(expiry, member) if each.on <= on)


def _left(active: int, earned: _Earned) -> tuple[tuple[Lot, ...], date | None]:
    """Answer what is still there of what was earned on each day: the newest, up to the balance."""
    lots: list[Lot] = []
    for day in sorted(earned.by_day, reverse=True):
        points = min(active, earned.by_day[day])
        if points > 0:
            lots.append(Lot(points=points, earned_on=day))
            active -= points
    return tuple(lots), earned.last_activity_on


def _earned(c: Connection, tenant: str, root: str) -> _Earned:
    """Add up what a member earned by day, from every entry and decision about them."""
    by_day: Counter[date] = Counter()
    by_sale: dict[str, tuple[date, int]] = {}
    back: Counter[str] = Counter()
    last: date | None = None
    for entry in _entries_of(c, tenant, root):
        fact, day = entry.fact, _day_of(entry)
        if isinstance(fact, AccumulatePoints | ClaimSale):
            sold_on, points = by_sale.get(fact.sale_id, (day, 0))
            by_sale[fact.sale_id] = (min(sold_on, day), max(points, fact.points))
        elif isinstance(fact, ReturnSale | VoidSale):
            back[fact.sale_id] += fact.from_active + fact.from_pending
        by_day[day] += _given(fact)
        if isinstance(fact, AccumulatePoints | ClaimSale | RedeemReward):
            last = day if last is None else max(last, day)
    for sale_id, (day, points) in by_sale.items():
        by_day[day] += max(0, points - back[sale_id])
    return _Earned(by_day=by_day, last_activity_on=last)


def _given(fact: Fact) -> int:
    """Answer what a fact gives beside sales; what it takes, the balance says."""
    if isinstance(fact, AccumulatePromotionPoints | AdjustPoints):
        return max(0, fact.points)
    return fact.given_back if isinstance(fact, ReturnSale | VoidSale) else 0


def _entries_of(c: Connection, tenant: str, root: str) -> Iterable[Entry]:
    of_member = (accounts.c.account == root) | (accounts.c.root == root)
    names = set(
        c.execute(
            select(accounts.c.account).where(accounts.c.tenant == tenant, of_member)
        ).scalars()
    )
    written = (
        select(entries.c.canonical)
        .join(journals, journals.c.id == entries.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant, among(c, entries.c.account, names), entries.c.posted)
    )
    decided = select(decisions.c.canonical).where(
        decisions.c.tenant == tenant, among(c, decisions.c.account, names)
    )
    rows = c.execute(union_all(written, decided)).scalars().all()
    return (Entry.read(bytes(canonical)) for canonical in rows)


def _day_of(entry: Entry) -> date:
    return entry.business_date or date.fromisoformat(entry.recorded_at[:10])

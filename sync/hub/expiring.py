"""Expiry: only head office lets points run out, when the program says and no sooner.

Which points are left of those that were earned on a day is asked of :mod:`sync.hub.member_days`,
and so are the stores told. Points leave only from what no device has rights to. What is leased
stays due until it comes home, and nobody is granted it meanwhile; a redemption takes the oldest
first, and so what is due.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select, update

from agent.core.account import Account, Lot
from agent.core.expiry import expires
from agent.core.facts import ExpirePoints
from agent.core.program import Expiry
from sync.hub.decisions import decide
from sync.hub.editions import editions_of
from sync.hub.marking import mark
from sync.hub.member_days import MemberDays, days_of, left_of
from sync.hub.tables import accounts

__all__ = ["Expired", "expire_due"]


class Expired(NamedTuple):
    """What ran out in one go: so many ``points`` of so many ``members``; ``after`` is the last that
    was looked at, None where there are no more.
    """

    points: int
    members: int
    after: str | None


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
    days = {} if expiry is None else days_of(c, tenant, (row.account for row in rows))
    gone = [_expire(c, tenant, row, _due(expiry, row, days, on), on, now) for row in rows]
    last = rows[-1].account if len(rows) == at_most else None
    return Expired(points=sum(gone), members=sum(1 for each in gone if each), after=last)


def _expire(c: Connection, tenant: str, row: Any, due: int, on: date, now: datetime) -> int:
    """Let a member's points run out that are ``due``; answers how many."""
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


def _due(expiry: Expiry | None, row: Any, days: dict[str, MemberDays], on: date) -> int:
    """Answer how many of a member's points are due on a day, leased ones included."""
    if expiry is None or row.active <= 0:
        return 0
    of_member = days[row.account]
    left = left_of(of_member.earned, active=row.active, pending=row.pending)
    last_act = of_member.last_act
    member = Account(
        tier=row.tier,
        lots=tuple(Lot(points=points, earned_on=date.fromisoformat(day)) for day, points in left),
        last_activity_on=None if last_act is None else date.fromisoformat(last_act),
    )
    return sum(each.points for each in expires(expiry, member) if each.on <= on)

"""Expiry: only head office lets points run out, when the program says and no sooner.

Which points are left of those that were earned on a day is asked of :mod:`sync.hub.member_days`,
and so are the stores told. Points leave only from what no device has rights to. What is leased
stays due until it comes home, and nobody is granted it meanwhile; a redemption takes the oldest
first, and so what is due.

Members are gone through many at once. Who has something due is looked for without a lock; only they
are locked, and looked at once more before anything runs out.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select, update

from agent.core.expiry import gone_on
from agent.core.facts import ExpirePoints
from agent.core.program import Expiry
from sync.hub.bulk import among
from sync.hub.decisions import decide_all, parts_of
from sync.hub.editions import editions_of
from sync.hub.marking import mark
from sync.hub.member_days import MemberDays, days_of, left_of
from sync.hub.tables import accounts
from sync.hub.terms import may_grant

__all__ = ["Due", "Expired", "expire", "expire_due", "gone", "look_for_due"]


class Due(NamedTuple):
    """Whose points are to run out, of the members that were looked at; ``after`` is the last of
    these, None where there are no more. ``held_back`` says that nobody was looked at.
    """

    members: tuple[str, ...]
    after: str | None
    held_back: bool = False


class Expired(NamedTuple):
    """What ran out in one go: so many ``points`` of so many ``members``; ``after`` as in Due."""

    points: int
    members: int
    after: str | None


def expire_due(
    c: Connection, tenant: str, on: date, *, now: datetime, after: str = "", at_most: int = 200
) -> Expired:
    """Let points run out that are due on a day, for some members at once, by account.

    Run again on the same day, it takes only what has come home since.
    """
    found = look_for_due(c, tenant, on, after=after, at_most=at_most)
    return expire(c, tenant, on, found.members, now=now)._replace(after=found.after)


def look_for_due(
    c: Connection, tenant: str, on: date, *, after: str = "", at_most: int = 200
) -> Due:
    """Find whose points are to run out, or are due no more, among the next members by account."""
    if not may_grant(c, tenant):
        return Due(members=(), after=None, held_back=True)
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
    due = _due(c, tenant, rows, on)
    return Due(
        members=tuple(row.account for row in rows if due[row.account] or row.due),
        after=rows[-1].account if len(rows) == at_most else None,
    )


def expire(
    c: Connection, tenant: str, on: date, members: Iterable[str], *, now: datetime
) -> Expired:
    """Let the points of these members run out that are due on a day.

    Nothing runs out while devices catch up with a database that was set back: it has forgotten who
    has rights to what, and what was bought and spent.
    """
    names = list(members)
    if not names or not may_grant(c, tenant):
        return Expired(points=0, members=0, after=None)
    rows = c.execute(
        select(accounts)
        .where(accounts.c.tenant == tenant, among(c, accounts.c.account, names))
        .order_by(accounts.c.account)
        .with_for_update()
    ).all()
    due = _due(c, tenant, rows, on)
    left = {row.account: _may_go(due[row.account], int(row.available)) for row in rows}
    facts = [
        ExpirePoints(account=account, points=part, due_on=on)
        for account, points in left.items()
        for part in parts_of(points)
    ]
    if facts:
        decide_all(c, tenant, facts, now=now)
    _keep(c, tenant, rows, due, left)
    return Expired(points=sum(left.values()), members=sum(map(bool, left.values())), after=None)


def _may_go(due: int, available: int) -> int:
    """Answer how much of what is due goes now: what is leased stays until it comes home."""
    return max(0, min(due, available))


def _keep(
    c: Connection, tenant: str, rows: Sequence[Any], due: dict[str, int], gone: dict[str, int]
) -> None:
    """Keep what stays due, and what ran out last and may be given back."""
    changed = [
        {
            "of_account": row.account,
            "to_due": due[row.account] - gone[row.account],
            "to_expired": gone[row.account] or row.expired,
        }
        for row in rows
        if gone[row.account] or due[row.account] != row.due
    ]
    if not changed:
        return
    one = (accounts.c.tenant == tenant) & (accounts.c.account == bindparam("of_account"))
    values: dict[str, Any] = {"due": bindparam("to_due"), "expired": bindparam("to_expired")}
    c.execute(update(accounts).where(one).values(values), changed)
    mark(c, tenant, "account", [each["of_account"] for each in changed])


def _due(c: Connection, tenant: str, rows: Sequence[Any], on: date) -> dict[str, int]:
    """Answer how many points of each member are gone by a day."""
    due = dict.fromkeys((row.account for row in rows), 0)
    expiry = _expiry(c, tenant, on)
    if expiry is None:
        return due
    losing = [row for row in rows if row.active > 0 and row.tier not in expiry.never_tiers]
    days = days_of(c, tenant, [row.account for row in losing])
    for row in losing:
        of_member = days[row.account]
        due[row.account] = gone(expiry, of_member, active=row.active, pending=row.pending, on=on)
    return due


def gone(expiry: Expiry, days: MemberDays, *, active: int, pending: int, on: date) -> int:
    """Answer how many of a member's active points are gone by a day."""
    last = None if days.last_act is None else date.fromisoformat(days.last_act)
    due = 0
    for day, points in left_of(days, active=active, pending=pending):
        if gone_on(expiry, date.fromisoformat(day), last) > on:
            break  # what came later is there no shorter
        due += points
    return due


def _expiry(c: Connection, tenant: str, on: date) -> Expiry | None:
    editions = editions_of(c, tenant)
    return None if editions is None else editions.on(on).expiry

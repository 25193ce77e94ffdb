"""Tiers: which one members are in by what they bought in all stores together.

A till judges by what it has seen and been told, and says in the sale's entry which tier that led
to. Head office adds up every store's, and so may find a higher one, or one kept anew, a moment
later: by the same function, on the day of the last purchase. It follows the feed's marks, some
members at a time, so that no booking waits for it; every store hears of it by the feed.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import accumulate

from sqlalchemy import Connection, Row, select, update

from agent.core.program import Editions, TierRules
from agent.core.tiers import Reached, Standing, standing_on
from sync.hub.bulk import among
from sync.hub.database import Database
from sync.hub.editions import editions_of
from sync.hub.marking import mark
from sync.hub.member_days import MemberDays, days_of
from sync.hub.members import Stands
from sync.hub.tables import ROOT, accounts, feed, tenants

__all__ = ["Tiers"]

_MOST = 200


class Tiers:
    """Goes after the members who changed, some of each tenant at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_behind = False
        """Whether there are members left who changed."""

    def step(self, now: datetime) -> None:
        """Look at the next members of every tenant whose program has tiers, each tenant's in a
        transaction of their own: none waits until another's are done.
        """
        self.is_behind = False
        for tenant in self._database.read(_behind):
            if self._database.transact(partial(_follow, tenant=tenant, now=now)):
                self.is_behind = True


def _behind(c: Connection) -> list[str]:
    """List the tenants with tiers of whom something changed since the last time."""
    changed = (
        select(tenants.c.tenant)
        .where(tenants.c.tiers_seq < tenants.c.feed_seq)
        .order_by(tenants.c.tenant)
    )
    return [tenant for tenant in c.execute(changed).scalars().all() if _with_tiers(c, tenant)]


def _with_tiers(c: Connection, tenant: str) -> Editions | None:
    """Answer the versions of a tenant's program, where any has tiers."""
    editions = editions_of(c, tenant)
    if editions is None or all(each.tiers is None for each in editions.programs):
        return None
    return editions


def _follow(c: Connection, tenant: str, now: datetime) -> bool:
    """Look at the next members of a tenant who changed; answers whether more are left."""
    editions = _with_tiers(c, tenant)
    if editions is None:
        return False
    seq, newest = c.execute(
        select(tenants.c.tiers_seq, tenants.c.feed_seq).where(tenants.c.tenant == tenant)
    ).one()
    changed = c.execute(
        select(feed.c.key, feed.c.seq)
        .where(feed.c.tenant == tenant, feed.c.seq > seq, feed.c.seq <= newest)
        .where(feed.c.kind == "account")
        .order_by(feed.c.seq)
        .limit(_MOST)
    ).all()
    risen = _risen(c, tenant, editions, [row.key for row in changed], now)
    for root, stands in sorted(risen.items()):
        c.execute(
            update(accounts)
            .where(accounts.c.tenant == tenant, accounts.c.account == root)
            .values(**stands._asdict())
        )
    # Last: a booking, too, takes the tenant's row after those of its members.
    mark(c, tenant, "account", risen)
    reached = newest if len(changed) < _MOST else changed[-1].seq
    c.execute(update(tenants).where(tenants.c.tenant == tenant).values(tiers_seq=reached))
    return len(changed) == _MOST


def _risen(
    c: Connection, tenant: str, editions: Editions, names: Sequence[str], now: datetime
) -> dict[str, Stands]:
    """Answer who, of these, is in another tier than is known, and in which."""
    if not names:
        return {}
    rows = c.execute(
        select(accounts)
        .where(accounts.c.tenant == tenant, accounts.c.state != "erased")
        .where(among(c, accounts.c.account, _roots(c, tenant, names)))
        .order_by(accounts.c.account)
        .with_for_update()
    ).all()
    days = days_of(c, tenant, (row.account for row in rows))
    found = {row.account: _stands(editions, row, days[row.account], now) for row in rows}
    return {account: stands for account, stands in found.items() if stands is not None}


def _roots(c: Connection, tenant: str, names: Sequence[str]) -> list[str]:
    of_these = (accounts.c.tenant == tenant) & among(c, accounts.c.account, names)
    return list(c.execute(select(ROOT).where(of_these).distinct()).scalars())


def _stands(editions: Editions, row: Row[object], days: MemberDays, now: datetime) -> Stands | None:
    """Answer the tier of a member if it is news; as of the last day that led to one and has come.

    What came back after it takes nothing from what was reached by then.
    """
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    led = [day for day, counts in days.toward.items() if day <= tomorrow and max(counts) > 0]
    if not led:
        return None
    last = date.fromisoformat(max(led))
    listed = [day for day in sorted(days.toward) if day <= max(led)]
    rules = editions.on(last).tiers
    if rules is None:
        return None
    before = Stands.of(row)
    after = Stands.said(standing_on(rules, _standing(before), _reached(rules, days, listed), last))
    return after if after != before and after.order >= before.order else None


def _standing(stands: Stands) -> Standing | None:
    if stands.tier is None:
        return None
    since, until = stands.tier_since, stands.tier_until
    return Standing(
        tier=stands.tier,
        since=date.min if since is None else date.fromisoformat(since),
        kept_until=None if until is None else date.fromisoformat(until),
    )


def _reached(rules: TierRules, days: MemberDays, listed: list[str]) -> Reached:
    """Answer what counts from a day on, over all stores."""
    which = 0 if rules.count == "points" else 1
    sums = [0, *accumulate(days.toward[day][which] for day in reversed(listed))]

    def reached(first: date) -> int:
        return max(0, sums[len(listed) - bisect_left(listed, first.isoformat())])

    return reached

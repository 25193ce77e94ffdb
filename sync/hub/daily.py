"""What head office does once a day, a little at a time: points that are due run out.

A day is over for points when it has begun everywhere on earth, so that no store lets a member
redeem on their last day what head office took at noon. Members are gone through some at once, so
that no till waits meanwhile. A pass that a restart cut off begins anew: it takes nothing twice. Of
a tenant whose devices must catch up with a restored database nothing runs out until they have.
"""

from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Connection, select

from sync.hub.database import Database
from sync.hub.deciding import Expired, expire, look_for_due
from sync.hub.tables import tenants

__all__ = ["Daily"]

_LAST_TIME_ZONE = timedelta(hours=12)  # UTC-12, where a day begins last

_log = structlog.get_logger(__name__)


class Daily:
    """Goes through the members of every tenant, once for each day."""

    def __init__(self, database: Database, *, first_after: timedelta = timedelta(0)) -> None:
        """``first_after`` the first step a day may begin: by then devices have said whether the
        database was set back.
        """
        self._database = database
        self._first_after = first_after
        self._first: datetime | None = None
        self._day: date | None = None
        self._tenants: list[str] = []
        self._held_back: list[str] = []
        self._after = ""

    @property
    def is_behind(self) -> bool:
        """Whether there are members left to go through today."""
        return bool(self._tenants)

    def step(self, now: datetime) -> int:
        """Take the next members, if the day is not done; answers how many points ran out."""
        self._first = self._first or now
        if timedelta(0) <= now - self._first < self._first_after:
            return 0
        day = (now - _LAST_TIME_ZONE).date()
        if self._day != day:
            self._tenants, self._after = self._database.read(_all_tenants), ""
            self._day, self._held_back = day, []
        if not self._tenants:
            self._tenants, self._held_back = self._held_back, []
        if not self._tenants:
            return 0
        gone = self._expire(self._tenants[0], day, now)
        if gone.after is None:
            self._tenants.pop(0)
        self._after = gone.after or ""
        if gone.points:
            _log.info("points_expired", points=gone.points, members=gone.members)
        return gone.points

    def _expire(self, tenant: str, day: date, now: datetime) -> Expired:
        """Look first, which holds nobody up; of most members nothing runs out."""
        found = self._database.read(lambda c: look_for_due(c, tenant, day, after=self._after))
        if found.held_back:
            self._held_back.append(tenant)
        if not found.members:
            return Expired(points=0, members=0, after=found.after)
        gone = self._database.transact(lambda c: expire(c, tenant, day, found.members, now=now))
        return gone._replace(after=found.after)


def _all_tenants(c: Connection) -> list[str]:
    return list(c.execute(select(tenants.c.tenant).order_by(tenants.c.tenant)).scalars())

"""The desk: what every call needs, the database and whose company it is about."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select

from sync.hub import tables
from sync.hub.api.problems import HubRefusal
from sync.hub.database import Database, upsert

__all__ = ["Desk"]

T = TypeVar("T")


class Desk:
    """Reads and writes for one company: the one that is configured, or else the only one there is.

    Nothing here is kept: every call asks the database.
    """

    def __init__(
        self, database: Database, *, now: Callable[[], datetime], tenant: str | None = None
    ) -> None:
        self._database = database
        self._tenant = tenant
        self.now = now

    def read(self, question: Callable[[Connection, str], T]) -> T:
        """Ask of one unchanging picture of the database. Raises HubRefusal."""
        return self._database.read(lambda c: question(c, self._whose(c)))

    def write(self, change: Callable[[Connection, str], T]) -> T:
        """Change something in one transaction. Raises HubRefusal."""
        return self._database.transact(lambda c: change(c, self._whose_to_write(c)))

    def _whose_to_write(self, c: Connection) -> str:
        """Make the company's row, where it was set up before its first store was heard of."""
        tenant = self._whose(c)
        if not tenant:
            raise HubRefusal("which_tenant", "no store was heard of yet: set [api] tenant")
        c.execute(upsert(c, tables.tenants).values(tenant=tenant).on_conflict_do_nothing())
        return tenant

    def _whose(self, c: Connection) -> str:
        if self._tenant is not None:
            return self._tenant
        found = c.execute(select(tables.tenants.c.tenant).limit(2)).scalars().all()
        if len(found) > 1:
            raise HubRefusal("which_tenant", "set [api] tenant in the hub's configuration")
        return found[0] if found else ""

"""The feed's marks: which accounts, cards and programs changed last, in one order per tenant.

A device asks for what changed since its cursor. A mark that a transaction has counted but not yet
committed must not be overtaken by a later one, or a device would go past it for good; so the
tenant's row stays locked from the first mark of a transaction to its commit. Mark last.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, update

from sync.hub.bulk import add_up
from sync.hub.database import upsert
from sync.hub.tables import feed, tenants

__all__ = ["mark"]


def mark(c: Connection, tenant: str, kind: str, keys: Iterable[str]) -> None:
    """Say that these changed. Each gets the next number of its tenant's feed."""
    ordered = sorted(set(keys))
    if not ordered:
        return
    counted = (
        update(tenants)
        .where(tenants.c.tenant == tenant)
        .values(feed_seq=tenants.c.feed_seq + len(ordered))
        .returning(tenants.c.feed_seq)
    )
    newest = c.execute(counted).scalar_one_or_none()
    if newest is None:  # a program is put before any store was heard
        c.execute(upsert(c, tenants).values(tenant=tenant).on_conflict_do_nothing())
        newest = c.execute(counted).scalar_one()
    first = newest - len(ordered) + 1
    rows = ((key, first + place) for place, key in enumerate(ordered))
    fixed = {"tenant": tenant, "kind": kind}
    add_up(c, feed, ("key", "seq"), rows, fixed=fixed, largest=("seq",))

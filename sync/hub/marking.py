"""The feed's marks: which accounts, cards and programs changed last, in one order per tenant.

A device asks for what changed since its cursor. A mark that a transaction has counted but not yet
committed must not be overtaken by a later one, or a device would go past it for good. So whoever
changes something leaves a mark without a number, and waits for nobody; the marks that are committed
are numbered before a page is told, by one transaction after the other.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select, update

from sync.hub.bulk import Part, add_up, add_up_all
from sync.hub.database import upsert
from sync.hub.tables import feed, marks, tenants

__all__ = ["mark", "marked", "number_all_marks", "number_marks"]

_MOST = 5_000


def marked(tenant: str, kind: str, keys: Iterable[str]) -> Part:
    """Answer the rows that say that these changed."""
    return Part(
        table=marks,
        columns=("key",),
        rows=[(key,) for key in set(keys)],
        fixed={"tenant": tenant, "kind": kind},
    )


def mark(c: Connection, tenant: str, kind: str, keys: Iterable[str]) -> None:
    """Say that these changed. Each gets the next number of its tenant's feed."""
    add_up_all(c, [marked(tenant, kind, keys)])


def number_all_marks(c: Connection) -> None:
    """Give numbers to some of what was marked for any tenant, though no device asks."""
    for tenant in c.execute(select(marks.c.tenant).distinct()).scalars().all():
        number_marks(c, tenant)


def number_marks(c: Connection, tenant: str) -> int:
    """Give numbers to what was marked, as much as one page of marks; answers the newest number.

    The tenant's row stays locked until the transaction ends, where there was anything to number.
    """
    oldest = select(marks.c.id).where(marks.c.tenant == tenant).order_by(marks.c.id).limit(_MOST)
    taken = c.execute(
        delete(marks).where(marks.c.id.in_(oldest)).returning(marks.c.kind, marks.c.key)
    ).all()
    keys = sorted({(row.kind, row.key) for row in taken})
    if not keys:
        newest = select(tenants.c.feed_seq).where(tenants.c.tenant == tenant)
        return c.execute(newest).scalar() or 0
    reached = _count(c, tenant, len(keys))
    first = reached - len(keys) + 1
    rows = ((kind, key, first + place) for place, (kind, key) in enumerate(keys))
    add_up(c, feed, ("kind", "key", "seq"), rows, fixed={"tenant": tenant}, largest=("seq",))
    return reached


def _count(c: Connection, tenant: str, by: int) -> int:
    """Count a tenant's feed on; answers where it is then."""
    counted = (
        update(tenants)
        .where(tenants.c.tenant == tenant)
        .values(feed_seq=tenants.c.feed_seq + by)
        .returning(tenants.c.feed_seq)
    )
    newest = c.execute(counted).scalar_one_or_none()
    if newest is None:  # a program is put before any store was heard
        c.execute(upsert(c, tenants).values(tenant=tenant).on_conflict_do_nothing())
        newest = c.execute(counted).scalar_one()
    return int(newest)

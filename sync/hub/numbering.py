"""The feed's numbers: which accounts, cards and programs changed last, in one order per tenant.

A device asks for what changed since its cursor. One worker numbers the marks that are committed, by
the second or so, and puts them before the devices they concern; whoever asks only reads.
"""

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from sync.hub.bulk import add_up, among
from sync.hub.database import upsert
from sync.hub.marking import mark
from sync.hub.spreading import spread
from sync.hub.tables import feed, marks, tenants

__all__ = ["number_all_marks"]

_MOST = 1_000
"""So many things get a number in one transaction; what was marked again and again is one."""

_ROWS = 1_000

_WAITING = (
    select(marks.c.id, marks.c.kind, marks.c.names)
    .where(marks.c.tenant == bindparam("tenant"))
    .order_by(marks.c.id)
    .limit(_ROWS)
)


def number_all_marks(c: Connection) -> bool:
    """Give numbers to what was marked for any tenant; answers whether more is left."""
    tenants_marked = c.execute(select(marks.c.tenant).distinct()).scalars().all()
    are_left = [_number_marks(c, tenant) for tenant in tenants_marked]
    return any(are_left)


def _number_marks(c: Connection, tenant: str) -> bool:
    """Give numbers to the oldest marks of a tenant; answers whether more are left.

    What is too much for now is put together to fewer marks: whoever changed again and again would
    get a number for each of a few transactions otherwise. The tenant's row stays locked until the
    transaction ends, where there was anything to number.
    """
    waiting = c.execute(_WAITING, {"tenant": tenant}).all()
    if not waiting:
        return False
    every = dict.fromkeys(
        (row.kind, key) for row in waiting for key in msgspec.json.decode(row.names)
    )
    keys, left = list(every)[:_MOST], list(every)[_MOST:]
    # Only these: a smaller number may have been committed meanwhile.
    c.execute(delete(marks).where(among(c, marks.c.id, [row.id for row in waiting])))
    for kind in sorted({kind for kind, _ in left}):
        mark(c, tenant, kind, [key for its, key in left if its == kind])
    first = _count(c, tenant, len(keys)) - len(keys) + 1
    rows = [(kind, key, first + place) for place, (kind, key) in enumerate(keys)]
    add_up(c, feed, ("kind", "key", "seq"), rows, fixed={"tenant": tenant}, largest=("seq",))
    spread(c, tenant, rows)
    return bool(left) or len(waiting) == _ROWS


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

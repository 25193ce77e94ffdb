"""The feed's numbers: which accounts, cards and programs changed last, in one order per tenant.

A device asks for what changed since its cursor. One worker numbers the marks that are committed, by
the second or so, and puts them before the devices they concern; whoever asks only reads.
"""

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from sync.hub.bulk import add_up, among
from sync.hub.database import upsert
from sync.hub.marking import mark
from sync.hub.runs import begin_run
from sync.hub.spreading import spread
from sync.hub.tables import feed, marks, tenants

__all__ = ["Numbering"]

_MOST, _FEW = 1_000, 200
"""So many things get a number in one transaction, of a worker with nothing else to do and of one
for which messages wait; what was marked again and again is one. A number costs a tenth of a
millisecond and more, and a customer at a till waits as long as the longest transaction takes.
"""

_ROWS = 1_000

_WAITING = (
    select(marks.c.id, marks.c.kind, marks.c.names)
    .where(marks.c.tenant == bindparam("tenant"))
    .order_by(marks.c.id)
    .limit(_ROWS)
)


class Numbering:
    """One worker's numbers: one run (:mod:`sync.hub.runs`), as long as it finds them as it left
    them. ``mint`` makes a name up that nobody else does.
    """

    def __init__(self, mint: Callable[[], str]) -> None:
        self._mint = mint
        self._left: dict[str, tuple[int, str]] = {}
        """The newest number of each tenant, and its run. Where the transaction came to nothing, the
        next begins a run, which does no harm.
        """

    def number_all_marks(self, c: Connection, *, is_busy: bool = False) -> bool:
        """Give numbers to what was marked for any tenant, where messages wait to a few; answers
        whether more is left.
        """
        tenants_marked = c.execute(select(marks.c.tenant).distinct()).scalars().all()
        most = _FEW if is_busy else _MOST
        are_left = [self._number_marks(c, tenant, most) for tenant in tenants_marked]
        return any(are_left)

    def _number_marks(self, c: Connection, tenant: str, most: int) -> bool:
        """Give numbers to the oldest marks of a tenant; answers whether more are left.

        The tenant's row stays locked until the transaction ends, where there was anything to
        number.
        """
        keys, is_all = _take(c, tenant, most)
        if not keys:
            return False
        newest, run = _count(c, tenant, len(keys))
        first = newest - len(keys) + 1
        if run is None or self._left.get(tenant) != (first - 1, run):
            run = self._mint()
            begin_run(c, tenant, run, first)
        self._left[tenant] = (newest, run)
        rows = [(kind, key, first + place) for place, (kind, key) in enumerate(keys)]
        add_up(c, feed, ("kind", "key", "seq"), rows, fixed={"tenant": tenant}, largest=("seq",))
        spread(c, tenant, rows)
        return not is_all


def _take(c: Connection, tenant: str, most: int) -> tuple[list[tuple[str, str]], bool]:
    """Take off the marks what is to be numbered next; answers whether that is all.

    What is too much for now is put together to fewer marks: whoever changed again and again would
    get a number for each of a few transactions otherwise.
    """
    waiting = c.execute(_WAITING, {"tenant": tenant}).all()
    if not waiting:
        return [], True
    every = dict.fromkeys(
        (row.kind, key) for row in waiting for key in msgspec.json.decode(row.names)
    )
    keys, left = list(every)[:most], list(every)[most:]
    # Only these: a smaller number may have been committed meanwhile.
    c.execute(delete(marks).where(among(c, marks.c.id, [row.id for row in waiting])))
    for kind in sorted({kind for kind, _ in left}):
        mark(c, tenant, kind, [key for its, key in left if its == kind])
    return keys, not left and len(waiting) < _ROWS


def _count(c: Connection, tenant: str, by: int) -> tuple[int, str | None]:
    """Count a tenant's feed on; answers where it is then, and the run up to now."""
    counted = (
        update(tenants)
        .where(tenants.c.tenant == tenant)
        .values(feed_seq=tenants.c.feed_seq + by)
        .returning(tenants.c.feed_seq, tenants.c.run)
    )
    newest = c.execute(counted).one_or_none()
    if newest is None:  # a program is put before any store was heard
        c.execute(upsert(c, tenants).values(tenant=tenant).on_conflict_do_nothing())
        newest = c.execute(counted).one()
    return newest.feed_seq, newest.run

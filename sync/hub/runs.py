"""Runs: numbers of the feed that one worker gave without a break, and whose a cursor is.

A number says nothing by itself. A database that was set back gives the numbers that it forgot once
more, to something else: a store that heard them would go on from a place that means other things
now, and never hear of what stands there. So a worker names its numbers by a run, which it makes up
at random where it did not give the newest number itself: after its start, after another one's turn,
and where the database is another one than it left. No two lives of a database have a run in common
beyond the moment at which they parted, and a store sends back the run that came with its cursor.

A start of head office is a row, so there are few; the newest thousand of a tenant are kept. What a
device says of an older one nobody knows any more, and it is told everything once.
"""

from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sync.hub.tables import runs, tenants

__all__ = ["Whose", "begin_run", "run_at", "whose"]

Whose = Literal["ours", "another", "unknown"]
"""Of which life of the database a cursor is: this one, surely another, or too old to be known."""

_KEPT = 1_000

# Made once: to make a statement costs more than to run it.
_AT = (
    select(runs.c.run)
    .where(runs.c.tenant == bindparam("tenant"), runs.c.first_seq <= bindparam("seq"))
    .order_by(runs.c.first_seq.desc())
    .limit(1)
)
_OLDEST_KEPT = (
    select(runs.c.first_seq)
    .where(runs.c.tenant == bindparam("tenant"))
    .order_by(runs.c.first_seq.desc())
    .offset(_KEPT - 1)
    .limit(1)
)


def begin_run(c: Connection, tenant: str, run: str, first_seq: int) -> None:
    """Have the numbers from here on be of another run than those before."""
    c.execute(update(tenants).where(tenants.c.tenant == tenant).values(run=run))
    c.execute(insert(runs).values(tenant=tenant, first_seq=first_seq, run=run))
    oldest = c.execute(_OLDEST_KEPT, {"tenant": tenant}).scalar()
    if oldest is not None:
        c.execute(delete(runs).where(runs.c.tenant == tenant, runs.c.first_seq < oldest))


def run_at(c: Connection, tenant: str, seq: int) -> str | None:
    """Answer the run that a number is of; None where none was begun by then, or it is too old."""
    run = c.execute(_AT, {"tenant": tenant, "seq": seq}).scalar()
    return None if run is None else str(run)


def whose(
    c: Connection, tenant: str, newest: tuple[int, str | None], cursor: int, run: str | None
) -> Whose:
    """Say whose a cursor is that was told under the present generation; ``newest`` is the newest
    number, and its run. One without a run may be anybody's. Costs a look-up where the cursor is of
    another run than the newest.
    """
    newest_seq, newest_run = newest
    if cursor > newest_seq:
        return "another"
    if run is None or run == newest_run or cursor == 0:
        return "ours"
    held = run_at(c, tenant, cursor)
    if held is None:
        return "unknown"
    return "ours" if held == run else "another"

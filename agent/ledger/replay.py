"""Replay from zero: prove that the journal holds together and that the projections follow from it.

The rebuilt projections live in memory and are made by the very code that made the live ones.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.core.entry import GENESIS, Entry, MalformedEntry, Position, link_hash
from agent.core.postings import postings_of
from agent.ledger import projections
from agent.ledger.connection import open_reader
from agent.ledger.errors import LedgerDamaged
from agent.ledger.migrations import migrate
from agent.ledger.queries import SQL
from agent.ledger.view import View, journaled

__all__ = ["Replay", "replay"]


Progress = Callable[[int, int], None]
"""Called with how many entries are done, of how many."""


def _silent(_done: int, _of: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What a replay found: everything held, or it would have raised."""

    entries: int
    head: Position
    incarnation: str
    balances: dict[str, int]
    """Active points of every account, 0 included."""


def replay(path: Path, *, progress: Progress = _silent) -> Replay:
    """Replay a ledger file, which may be in use. ``progress(done, of)`` is called per entry.

    Holds gap-free sequence and chain (I7), postings that sum to zero (I3) and projections equal to
    a rebuild (I9). Raises LedgerDamaged naming the first entry or row that does not hold.
    Cost: linear in the journal; memory grows with accounts and sales, not with entries.
    """
    rebuilt = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with closing(open_reader(path)) as live, closing(rebuilt):
            return _replay(live, rebuilt, progress)
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(f"{path}: {error}") from error


def _replay(live: sqlite3.Connection, rebuilt: sqlite3.Connection, progress: Progress) -> Replay:
    migrate(rebuilt)
    live.execute("BEGIN")  # one state of the live ledger, for the walk and the comparison
    total = int(live.execute(SQL["count_entries"]).fetchone()[0])
    head = Position(epoch=0, seq=0, hash=GENESIS)
    for done, (position, canonical) in enumerate(journaled(live), start=1):
        _fold(rebuilt, head, position, canonical)
        head = position
        progress(done, total)
    misnamed = live.execute(SQL["misnamed_entry"]).fetchone()
    if misnamed is not None:
        raise LedgerDamaged(f"entry {misnamed[0]}:{misnamed[1]}: is kept under another id")
    _compare(live, rebuilt)
    return Replay(
        entries=total,
        head=head,
        incarnation=View(live).meta("incarnation") or "",
        balances=dict(rebuilt.execute(SQL["balances"]).fetchall()),
    )


def _fold(
    rebuilt: sqlite3.Connection, head: Position, position: Position, canonical: bytes
) -> None:
    name = f"entry {position.epoch}:{position.seq}"
    if (position.epoch, position.seq) != (head.epoch, head.seq + 1):
        raise LedgerDamaged(f"{name}: comes after {head.epoch}:{head.seq}, an entry is missing")
    if link_hash(head.hash, canonical) != position.hash:
        raise LedgerDamaged(f"{name}: its hash does not follow from the entry before it")
    try:
        entry = Entry.parse(canonical)
    except MalformedEntry as error:
        raise LedgerDamaged(f"{name}: {error}") from error
    if (entry.epoch, entry.seq) != (position.epoch, position.seq):
        raise LedgerDamaged(f"{name}: says it is entry {entry.epoch}:{entry.seq}")
    if unbalanced := sum(posting.points for posting in postings_of(entry.fact)):
        raise LedgerDamaged(f"{name}: its postings sum to {unbalanced}, not to zero")
    try:
        projections.apply(rebuilt, entry)
    except sqlite3.IntegrityError as error:
        raise LedgerDamaged(f"{name}: contradicts an earlier entry: {error}") from error


def _compare(live: sqlite3.Connection, rebuilt: sqlite3.Connection) -> None:
    for table in projections.TABLES:
        rows = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - names are our own constants
        is_rows, should_rows = live.execute(rows).fetchall(), rebuilt.execute(rows).fetchall()
        for is_row, should_row in zip(is_rows, should_rows, strict=False):
            if is_row != should_row:
                raise LedgerDamaged(
                    f"{table}: has {_shown(table, is_row)}, "
                    f"the journal says {_shown(table, should_row)}"
                )
        if len(is_rows) != len(should_rows):
            raise LedgerDamaged(
                f"{table}: has {len(is_rows)} rows, the journal says {len(should_rows)}"
            )


def _shown(table: str, row: tuple[object, ...]) -> tuple[object, ...]:
    """Put a row in a message; a card's number is no text for a ticket or a mail."""
    return ("(a card)", *row[1:]) if table == "cards" else row

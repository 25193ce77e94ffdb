"""What is checked before a ledger is trusted at start.

The whole of it is replayed in the background and at night; what is found then is treated as if it
had been found here.
"""

import sqlite3

from agent.core.entry import Position
from agent.ledger.base import Base
from agent.ledger.entries import follows, read_following
from agent.ledger.errors import LedgerDamaged
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = ["UNREADABLE", "check_newest", "check_witness"]

UNREADABLE = (LedgerDamaged, sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading a database raises that is known to be damaged: whoever salvages takes what comes
before it, and goes on with the next source. Python cannot always decode what SQLite complains of.
Mistakes of our own, a wrong type or value, are not among them.
"""

_CHECKED_AT_START = 1_000


def check_newest(connection: sqlite3.Connection, archive: Archive, base: Base) -> None:
    """Hold the chain over the newest entries of the journal. Raises LedgerDamaged, LedgerNewer."""
    view = View(connection, archive)
    head = view.head()
    first = max(0, head.seq - _CHECKED_AT_START)
    previous: bytes | None
    if base.begins_after.epoch == head.epoch and base.begins_after.seq >= first:
        first, previous = base.begins_after.seq, base.begins_after.hash  # older ones were dropped
    else:
        previous = view.hash_at(head.epoch, first)
    if previous is None:
        raise LedgerDamaged(f"entry {head.epoch}:{first} is missing")
    expected_seq = first + 1
    for position, canonical in journaled(connection, archive, after=(head.epoch, first)):
        if position.seq != expected_seq or not follows(position, canonical, previous):
            raise LedgerDamaged(
                f"entry {position.epoch}:{position.seq} does not follow from the one before it"
            )
        read_following(position, canonical)
        previous = position.hash
        expected_seq += 1


def check_witness(view: View, seen: Position | None) -> None:
    """Hold that nothing that was answered is missing. Raises LedgerDamaged."""
    if seen is None:
        return
    head = view.head()
    if (seen.epoch, seen.seq) > (head.epoch, head.seq):
        raise LedgerDamaged(
            f"the database ends with entry {head}, but entry {seen} was written and answered"
        )
    if view.hash_at(seen.epoch, seen.seq) not in (seen.hash, None):
        raise LedgerDamaged(f"entry {seen.epoch}:{seen.seq} is not the one that was answered")

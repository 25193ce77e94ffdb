"""What is checked before a ledger is trusted at start, and what counts as damage.

The whole of it is replayed in the background and at night; what is found then is treated as if it
had been found here.
"""

import sqlite3

from agent.core.entry import MalformedEntry, Position, link_hash
from agent.ledger.base import Base
from agent.ledger.errors import LedgerDamaged
from agent.ledger.places import Places
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = [
    "DAMAGE_CODES",
    "UNREADABLE",
    "check_newest",
    "check_witness",
    "is_damage",
    "speaks_of_damage",
]

DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a database it cannot believe; every other error may heal by itself."""

_SCHEMA_CODES = (*DAMAGE_CODES, sqlite3.SQLITE_ERROR, None)
"""What it says besides where a name in the schema has changed: no such table, no such column,
already exists. Python itself, which has no code, says so of text that is no text any more.
"""

UNREADABLE = (LedgerDamaged, MalformedEntry, sqlite3.DatabaseError, TypeError, ValueError)
"""What reading a database raises whose bytes have changed."""

_CHECKED_AT_START = 1_000


def check_newest(connection: sqlite3.Connection, archive: Archive, base: Base) -> None:
    """Hold the chain over the newest entries of the journal. Raises LedgerDamaged."""
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
        if position.seq != expected_seq or link_hash(previous, canonical) != position.hash:
            raise LedgerDamaged(
                f"entry {position.epoch}:{position.seq} does not follow from the one before it"
            )
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


def is_damage(error: Exception, places: Places) -> bool:
    """Tell a damaged ledger from a disk that does not let us, and from a file of somebody else's.

    A path that was mistyped must not be set aside as damaged: a ledger of ours has left traces.
    """
    if isinstance(error, LedgerDamaged | MalformedEntry):
        return True
    return speaks_of_damage(error) and any(trace.exists() for trace in places.traces)


def speaks_of_damage(error: BaseException) -> bool:
    """Tell bytes that have changed from a disk, a lock or a memory that does not let us."""
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, UNREADABLE)
    code = getattr(error, "sqlite_errorcode", None)
    return (code if code is None else code & 0xFF) in _SCHEMA_CODES

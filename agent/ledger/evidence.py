"""What counts as damage, and what is only a mistake of ours or a disk that does not let us.

A ledger that is taken for damaged is moved to quarantine, so a mistake must not be enough. Bytes
that follow from nothing, and a file that SQLite itself cannot believe, speak for themselves. An
error that a slip in our own code could raise as well, such as a table that is not there or a number
that is none, counts only where the file shows that its bytes have changed.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.ledger.connection import open_reader
from agent.ledger.errors import LedgerDamaged
from agent.ledger.migrations import has_own_schema
from agent.ledger.places import Places

__all__ = ["fault_in_pages", "is_certain", "is_damage", "speaks_of_damage"]

_DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a database it cannot believe; every other error may heal by itself."""

_NO_TEXT = "Could not decode to UTF-8"
"""What Python says, without a code of SQLite's, of text that is no text any more. Nobody can have
written it: Python encodes what it hands over.
"""


def is_damage(error: Exception, places: Places) -> bool:
    """Tell a damaged ledger from everything else that fails, and from a file of somebody else's.

    A path that was mistyped must not be moved as damaged: a ledger of ours has left traces.
    """
    if isinstance(error, LedgerDamaged):
        return True
    traces = any(trace.exists() for trace in places.traces)
    return traces and speaks_of_damage(error, places.database)


def speaks_of_damage(error: Exception, database: Path) -> bool:
    """Tell bytes of a database that have changed from a disk, a lock, a memory or a mistake.

    Reads the database from end to end where the error alone does not say it.
    """
    if is_certain(error):
        return True
    doubtful = isinstance(error, TypeError | ValueError) or _code(error) == sqlite3.SQLITE_ERROR
    return doubtful and _has_changed(database)


def is_certain(error: Exception) -> bool:
    """Tell what nobody can believe by the error alone: no file is read for it, so a tap may ask."""
    no_text = isinstance(error, sqlite3.OperationalError) and str(error).startswith(_NO_TEXT)
    return isinstance(error, LedgerDamaged) or no_text or _code(error) in _DAMAGE_CODES


def fault_in_pages(connection: sqlite3.Connection) -> str | None:
    """Hold every page to SQLite's own checks, also those that nothing else reads.

    Answers the first fault. Reads the database from end to end. Raises sqlite3.Error or, where the
    fault names what is no text any more, UnicodeDecodeError.
    """
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return None if found == "ok" else str(found).splitlines()[-1]


def _code(error: Exception) -> int:
    """Answer SQLite's primary result code, 0 where it said none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _has_changed(database: Path) -> bool:
    """Hold a file to SQLite's own checks, among them each column's type, and to our schema."""
    try:
        with closing(open_reader(database)) as connection:
            return fault_in_pages(connection) is not None or not has_own_schema(connection)
    except UnicodeDecodeError:
        return True  # SQLite's complaint names a word of the schema that is no text any more
    except sqlite3.Error as error:
        # These statements are right for any database: what SQLite cannot make of it has changed.
        return is_certain(error) or _code(error) == sqlite3.SQLITE_ERROR

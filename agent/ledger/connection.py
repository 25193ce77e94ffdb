"""How a ledger file is opened: for the one writer, and for readers that can never write.

SQLite 3.7.0 to 3.51.2 can damage a database when two connections write or checkpoint at the same
moment (the WAL-reset bug, mended in 3.51.3). Most installed builds have it, and are safe here: one
connection alone writes and checkpoints, and every other is opened read-only, which does neither,
also when it is closed last.
"""

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from agent.ledger.errors import LedgerUnavailable

__all__ = [
    "check_build",
    "checkpoint",
    "has_wal_reset_bug",
    "open_reader",
    "open_writer",
    "remember_more",
    "shrinkable",
]

_OLDEST = (3, 37, 0)
"""STRICT tables came with 3.37.0 (2021-11-27)."""

_WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))
_CHECKPOINT_AT_PAGES = 8_000
"""A checkpoint is made when nothing waits; at 32 MiB of log also when something does. Not later: a
log that still grows costs the file system a transaction of its own at every sync.
"""

_CACHE_KIB = 16 * 1024
_READER_CACHE_KIB = 8 * 1024


def has_wal_reset_bug(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Say whether a build may only have one connection that writes and checkpoints."""
    first, last = _WAL_RESET_BUG
    return first <= version <= last


def check_build(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Hold that the SQLite in use can carry a ledger. Raises LedgerUnavailable."""
    if version < _OLDEST:
        shown, oldest = (".".join(str(part) for part in v) for v in (version, _OLDEST))
        raise LedgerUnavailable(
            f"SQLite {shown} is too old for a ledger; install {oldest} or later, "
            "or a Python that brings its own"
        )
    if sqlite3.threadsafety == 0:
        raise LedgerUnavailable("this SQLite was built without threads; install another Python")


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the only connection that writes and checkpoints.

    WAL with ``synchronous=FULL``: a commit that returned is on the disk, also after a power cut.
    Transactions are explicit; Python adds none of its own. Raises OSError or sqlite3.Error.
    """
    # It holds card numbers: nobody else's to read. The log and its index take the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _settle(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    if path.stat().st_size == 0:
        shrinkable(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_AT_PAGES}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def shrinkable(connection: sqlite3.Connection) -> None:
    """Let a database that is empty, or is about to be vacuumed, give free pages back in steps."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Empty the log, where that can be done: a full disk has no room for it."""
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a read-only connection: it cannot write, and closing it never checkpoints."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)


def remember_more(reader: sqlite3.Connection) -> None:
    """Let a reader that lives long keep the inner pages of a large ledger's indexes in memory.

    SQLite's own 2 MB hold those of some 100,000 entries. Raises sqlite3.Error where the database
    cannot be read.
    """
    reader.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")


def _settle(path: Path) -> None:
    """Make durable whatever a ledger holds, before it is opened and anybody is answered.

    An agent that was killed between writing a commit and syncing it leaves one that the next agent
    finds committed, in the kernel's memory alone. A retry of it writes nothing, so nothing else
    would sync it. Raises OSError.

    Never while a connection is open in this process: a process that closes any descriptor of a file
    gives up all its POSIX locks on it, SQLite's among them, and whoever opens the database next
    takes themselves for the only one (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    for file in (Path(f"{path}-wal"), path):
        if file.exists():
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

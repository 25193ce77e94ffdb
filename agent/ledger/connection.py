"""How a ledger file is opened: for the one writer, and for readers that can never write."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

__all__ = ["open_reader", "open_writer"]


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the only connection that writes and checkpoints.

    WAL with ``synchronous=FULL``: a commit that returned is on the disk, also after a power cut.
    Transactions are explicit; Python adds none of its own.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a read-only connection: it cannot write, and closing it never checkpoints."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)

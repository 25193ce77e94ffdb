"""Head office's empty database in memory, there at once.

Its tables are made by the migrations once in a process, and copied for each test after that.
"""

from functools import cache

from sync.hub.database import Database

__all__ = ["start_empty"]


def start_empty(database: Database) -> None:
    """Open a database in memory that has head office's tables and nothing in them."""
    database.start(migrate=False)
    database.restore(_empty())


@cache
def _empty() -> bytes:
    database = Database("sqlite://")
    database.start()
    try:
        return database.snapshot()
    finally:
        database.stop()

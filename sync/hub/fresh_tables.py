"""Tables that PostgreSQL has never looked at, as those of a new head office are.

Until it has counted what is in a table it plans as if its rows were all different, and may look for
a thousand members by reading the table a thousand times. By itself it counts a minute after the
first rows have come; a store's backlog is in long before.
"""

from typing import Any

from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, text

from sync.hub.tables import metadata

__all__ = ["count_fresh_tables"]

_FRESH = text(
    "SELECT relname FROM pg_stat_user_tables WHERE schemaname = current_schema()"
    " AND last_analyze IS NULL AND last_autoanalyze IS NULL AND n_mod_since_analyze >= 500"
)


def count_fresh_tables(c: Connection) -> list[str]:
    """Have PostgreSQL count what is in tables that it does not know yet; answers which. Costs one
    look where there are none.
    """
    if c.dialect.name != "postgresql":
        return []
    fresh = sorted(set(c.execute(_FRESH).scalars()) & metadata.tables.keys())
    driver: Any = c.connection.driver_connection
    for name in fresh:
        driver.execute(SQL("ANALYZE {}").format(Identifier(name)))
    return fresh

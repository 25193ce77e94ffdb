"""PostgreSQL compresses large entries as it keeps them, in the quicker way where it has one."""

from sqlalchemy import text

from sync.hub.database import Database

_WAYS = "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
_CHOSEN = (
    "SELECT attcompression FROM pg_attribute"
    " WHERE attrelid = 'entries'::regclass AND attname = 'canonical'"
)


def test_entries_are_compressed_by_lz4_where_there_is_lz4(on_postgres: Database) -> None:
    """A server that was built without it keeps its own way."""
    ways = on_postgres.read(lambda c: c.execute(text(_WAYS)).scalar_one_or_none()) or ()
    chosen = on_postgres.read(lambda c: c.execute(text(_CHOSEN)).scalar_one())
    assert chosen == ("l" if "lz4" in ways else "")

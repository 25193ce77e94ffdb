"""Accounts, rights and things beside the journals, so that the entries of all devices add up.

Entries are carried over as they are and wait to be posted: see :mod:`sync.hub.reposting`. Balances
by journal are left behind; the entries say all that they said.
"""

from alembic import op
from sqlalchemy import Connection, insert, text

from sync.hub.migrations.one_truth import metadata, office

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"

_CARRY_OVER = (
    "INSERT INTO tenants (tenant) SELECT DISTINCT tenant FROM journals_of_0_1",
    "INSERT INTO devices (tenant, store, device)"
    " SELECT DISTINCT tenant, store, device FROM journals_of_0_1 ORDER BY 1, 2, 3",
    "INSERT INTO journals (id, device_id, incarnation, epoch, line, seq, hash)"
    " SELECT old.id, devices.id, incarnation, epoch, old.id, seq, hash"
    " FROM journals_of_0_1 AS old JOIN devices ON devices.tenant = old.tenant"
    " AND devices.store = old.store AND devices.device = old.device",
    "INSERT INTO entries (journal_id, seq, canonical, hash, posted, received_at)"
    " SELECT journal_id, seq, canonical, hash, false, received_at FROM entries_of_0_1",
)

_NEXT_ID = (
    "SELECT setval(pg_get_serial_sequence('journals', 'id'),"
    " (SELECT coalesce(max(id), 0) + 1 FROM journals), false)"
)

_HAS_LZ4 = (
    "SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)
_USE_LZ4 = "ALTER TABLE entries ALTER COLUMN canonical SET COMPRESSION lz4"
"""Entries are written once and compressed then: by PostgreSQL's own way that takes longer than all
else that is done to keep them, for no smaller a table."""


def upgrade() -> None:
    """Make the tables and carry the entries over."""
    op.drop_table("balances")
    op.rename_table("entries", "entries_of_0_1")
    op.rename_table("journals", "journals_of_0_1")
    c: Connection = op.get_bind()
    metadata.create_all(c)
    if c.dialect.name == "postgresql" and c.execute(text(_HAS_LZ4)).first() is not None:
        c.execute(text(_USE_LZ4))
    c.execute(insert(office).values(id=1, generation=0))
    for statement in _CARRY_OVER:
        c.execute(text(statement))
    if c.dialect.name == "postgresql":
        c.execute(text(_NEXT_ID))
    op.drop_table("entries_of_0_1")
    op.drop_table("journals_of_0_1")

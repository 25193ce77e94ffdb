"""Tables of rights: who may spend what, and what was asked for or asked back."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    String,
    Table,
    text,
)

from sync.hub.tables.base import Id, metadata, points

__all__ = ["asks", "recalls", "rights"]

rights = Table(
    "rights",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("account", String, primary_key=True),
    points("granted"),  # cumulative, by head office
    points("change"),  # the sum of what the entries say
    points("journaled"),  # the largest LEASE_GRANT heard
    Column("said_at", String),  # when a grant was told last; None where it need not be told again
    Index("rights_of_account", "account"),
    Index(  # what a device that greets may have missed, among tens of thousands of rows
        "rights_unheard",
        "journal_id",
        postgresql_where=text("granted > journaled"),
        sqlite_where=text("granted > journaled"),
    ),
    Index(
        "rights_said",
        "said_at",
        postgresql_where=text("said_at IS NOT NULL"),
        sqlite_where=text("said_at IS NOT NULL"),
    ),
)

recalls = Table(
    "recalls",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("recall", BigInteger, primary_key=True, autoincrement=False),
    Column("journal_id", Id, nullable=False),
    Column("keep", BigInteger, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("answered_points", BigInteger),  # None while it is open, -1 where nobody is left to
    Index("recalls_open", "journal_id", "answered_points"),
    Index(
        "recalls_waiting",
        "asked_at",
        postgresql_where=text("answered_points IS NULL"),
        sqlite_where=text("answered_points IS NULL"),
    ),
)

asks = Table(
    "asks",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("device_id", Id, primary_key=True, autoincrement=False),
    Column("ask", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("expires_at", String, nullable=False),
    Index("asks_of_account", "tenant", "account"),
)

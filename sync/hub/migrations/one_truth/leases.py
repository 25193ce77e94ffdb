"""Rights, recalls and asks, as this step makes them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    String,
    Table,
    text,
)

from sync.hub.migrations.one_truth.base import Id, metadata, points

__all__ = ["asks", "recalls", "rights"]

rights = Table(
    "rights",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("account", String, primary_key=True),
    points("granted"),
    points("change"),
    points("journaled"),
    Column("said_at", String),
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
    Column("answered_points", BigInteger),
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

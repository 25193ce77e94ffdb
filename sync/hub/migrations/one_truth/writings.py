"""What was written, as this step makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from sync.hub.migrations.one_truth.base import Id, key, metadata, points

__all__ = ["apart", "days", "decisions", "entries", "journals", "mentioned", "things"]

journals = Table(
    "journals",
    metadata,
    key(),
    Column("device_id", ForeignKey("devices.id"), nullable=False),
    Column("incarnation", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("branch", Integer, nullable=False, server_default="0"),
    Column("line", Id),
    Column("parent_id", Id),
    Column("parent_seq", BigInteger),
    Column("parent_hash", LargeBinary(32)),
    Column("first_seq", BigInteger, nullable=False, server_default="1"),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("opened", Boolean, nullable=False, server_default="0"),
    Column("fenced", String),
    Column("fenced_because", String),
    points("floor"),
    points("allowance"),
    Column("floor_said_at", String),
    Column("written_off", Boolean, nullable=False, server_default="0"),
    Column("updated_at", String),
    UniqueConstraint("device_id", "incarnation", "epoch", "branch"),
    Index(
        "journals_floor_said",
        "floor_said_at",
        postgresql_where=text("floor_said_at IS NOT NULL"),
        sqlite_where=text("floor_said_at IS NOT NULL"),
    ),
)

entries = Table(
    "entries",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("thing", String),
    Column("account", String),
    Column("posted", Boolean, nullable=False, server_default="1"),
    Column("received_at", String, nullable=False),
    Index("entries_of_thing", "thing"),
    Index("entries_of_account", "account"),
    Index(
        "entries_not_posted",
        "journal_id",
        "seq",
        postgresql_where=text("NOT posted"),
        sqlite_where=text("NOT posted"),
    ),
)

things = Table(
    "things",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("thing", String, primary_key=True),
    Column("sole", Id),
)

mentioned = Table(
    "mentioned",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("thing", String, primary_key=True),
    Index("mentions_of_thing", "thing"),
)

days = Table(
    "days",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("business_date", String, primary_key=True),
    Column("entries", BigInteger, nullable=False),
    points("written"),
    points("posted"),
)

apart = Table(
    "apart",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("business_date", String, primary_key=True),
    Column("cause", String, primary_key=True),
    points("points"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("account", String),
    Column("decided_at", String, nullable=False),
    Index("decisions_of_account", "tenant", "account", "seq"),
)

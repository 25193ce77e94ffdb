"""Head office, its tenants and devices, as this step makes them."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from sync.hub.migrations.one_truth.base import Id, key, metadata

__all__ = ["device_keys", "devices", "office", "quarantine", "tenants"]

office = Table(
    "office",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("restored_at", String),
)

tenants = Table(
    "tenants",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("feed_seq", BigInteger, nullable=False, server_default="0"),
    Column("run", String),
    Column("decision_seq", BigInteger, nullable=False, server_default="0"),
    Column("decision_hash", LargeBinary(32)),
    Column("rights_seq", BigInteger, nullable=False, server_default="0"),
    Column("tiers_seq", BigInteger, nullable=False, server_default="0"),
)

devices = Table(
    "devices",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("store", String, nullable=False),
    Column("device", String, nullable=False),
    Column("state", String, nullable=False, server_default="new"),
    Column("halted_because", Text),
    Column("public_key", String),
    Column("journal_id", Id),
    Column("highest_epoch", BigInteger, nullable=False, server_default="0"),
    Column("challenge", String),
    Column("welcomed_incarnation", String),
    Column("welcomed_from_epoch", BigInteger),
    Column("welcomed_epoch", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),
    Column("catch_up", Text),
    Column("feed_cursor", BigInteger, nullable=False, server_default="0"),
    Column("presence", Text),
    Column("version", String),
    Column("first_seen_at", String),
    Column("last_seen_at", String),
    UniqueConstraint("tenant", "store", "device"),
    Index("devices_behind", "tenant", "generation"),
)

device_keys = Table(
    "device_keys",
    metadata,
    Column("device_id", ForeignKey("devices.id"), primary_key=True, autoincrement=False),
    Column("incarnation", String, primary_key=True),
    Column("public_key", String, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    Column("topic", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("received_at", String, nullable=False),
)

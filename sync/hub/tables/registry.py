"""Tables of who there is: head office itself, its tenants, and their devices."""

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

from sync.hub.tables.base import Id, key, metadata

__all__ = ["device_keys", "devices", "office", "quarantine", "tenants"]

office = Table(
    "office",
    metadata,
    Column("id", Integer, primary_key=True),  # one row, 1
    Column("generation", BigInteger, nullable=False),  # raised when the database was restored
    Column("restored_at", String),
)

tenants = Table(
    "tenants",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("feed_seq", BigInteger, nullable=False, server_default="0"),  # the newest change
    Column("run", String),  # which the newest change was numbered in
    Column("decision_seq", BigInteger, nullable=False, server_default="0"),
    Column("decision_hash", LargeBinary(32)),
    # The newest decision that rights have followed already.
    Column("rights_seq", BigInteger, nullable=False, server_default="0"),
    # Up to here in the feed members have been looked at for the tiers they reached.
    Column("tiers_seq", BigInteger, nullable=False, server_default="0"),
)

devices = Table(
    "devices",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("store", String, nullable=False),
    Column("device", String, nullable=False),
    Column("state", String, nullable=False, server_default="new"),  # new live halted retired
    Column("halted_because", Text),
    Column("public_key", String),
    Column("journal_id", Id),  # the live epoch
    Column("highest_epoch", BigInteger, nullable=False, server_default="0"),
    Column("challenge", String),
    # A WELCOME that was given and is not opened yet: to whom, and which epoch.
    Column("welcomed_incarnation", String),
    Column("welcomed_from_epoch", BigInteger),
    Column("welcomed_epoch", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),  # caught up with
    Column("catch_up", Text),  # JSON: what it must deliver before it has caught up
    Column("feed_cursor", BigInteger, nullable=False, server_default="0"),
    Column("presence", Text),  # the last birth, as JSON
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
    Column("public_key", String, nullable=False),  # by which this life of the disk signs
)

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    Column("topic", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("digest", String, nullable=False, unique=True),  # so that a repeat is one row
    Column("received_at", String, nullable=False),
)

"""Accounts, cards and sums, as this step makes them."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
)

from sync.hub.migrations.one_truth.base import Id, metadata, points

__all__ = ["accounts", "cards", "member_days", "own", "program_sums", "visits"]

accounts = Table(
    "accounts",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("root", String),
    points("active"),
    points("pending"),
    points("held"),
    points("available"),
    Column("enrolled_on", String),
    Column("tier", String),
    Column("tier_since", String),
    Column("tier_until", String),
    Column("state", String, nullable=False, server_default="active"),
    points("owed"),
    points("due"),
    points("expired"),
    Index("accounts_of_root", "tenant", "root"),
)

cards = Table(
    "cards",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("token", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("state", String, nullable=False, server_default="active"),
    Column("replaced_by", String),
    Column("decided_at", String),
    Column("changed_at", String),
    Index("cards_of_account", "tenant", "account"),
)

own = Table(
    "own",
    metadata,
    Column("line", Id, primary_key=True, autoincrement=False),
    Column("account", String, primary_key=True),
    points("active"),
    points("pending"),
    points("held"),
)

member_days = Table(
    "member_days",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("day", String, primary_key=True),
    points("earned"),
    points("toward_points"),
    points("toward_minor"),
    points("purchases"),
    points("redemptions"),
    points("waits"),
)

program_sums = Table(
    "program_sums",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("bucket", String, primary_key=True),
    points("points"),
)

visits = Table(
    "visits",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("device_id", Id, primary_key=True, autoincrement=False),
    Column("last_at", String, nullable=False),
    Column("visits", Integer, nullable=False, server_default="1"),
)

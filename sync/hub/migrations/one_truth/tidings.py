"""What is told, as this step makes them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sync.hub.migrations.one_truth.base import Id, key, metadata, points

__all__ = ["conflicts", "feed", "marks", "news", "programs", "pushed", "runs"]

IS_FOR_ALL = text("kind IN ('program', 'pushed', 'decision_for_all')")

feed = Table(
    "feed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Index("feed_in_order", "tenant", "seq"),
    Index(
        "feed_for_all",
        "tenant",
        "seq",
        postgresql_where=IS_FOR_ALL,
        sqlite_where=IS_FOR_ALL,
    ),
)

marks = Table(
    "marks",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("names", Text, nullable=False),
    Index("marks_of_tenant", "tenant", "id"),
)
news = Table(
    "news",
    metadata,
    Column("device_id", Id, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Index("news_in_order", "device_id", "seq"),
)

runs = Table(
    "runs",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("run", String, nullable=False),
)

programs = Table(
    "programs",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("put_at", String, nullable=False),
    Column("put_by", String),
)

pushed = Table(
    "pushed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("promotions", Text, nullable=False),
    Column("put_at", String, nullable=False),
    Column("put_by", Text),
)

conflicts = Table(
    "conflicts",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("store", String),
    Column("device", String),
    Column("account", String),
    points("points"),
    Column("text", Text, nullable=False),
    Column("found_at", String, nullable=False),
    Column("state", String, nullable=False, server_default="resolved"),
    Column("decision_seq", BigInteger),
    UniqueConstraint("tenant", "kind", "subject"),
    Index("conflicts_by_time", "tenant", "found_at"),
)

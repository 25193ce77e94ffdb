"""Tables of what is told: to the devices by the feed, to clerks as conflicts."""

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

from sync.hub.tables.base import Id, key, metadata, points

__all__ = ["IS_FOR_ALL", "conflicts", "feed", "marks", "news", "programs", "pushed", "runs"]

IS_FOR_ALL = text("kind IN ('program', 'pushed', 'decision_for_all')")
"""Which marks of the feed concern every device. With parameters in it no database would see that
the index of these serves.
"""

feed = Table(
    "feed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("kind", String, primary_key=True),  # account, card, ...: see feed_items.py
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of its newest change
    Index("feed_in_order", "tenant", "seq"),
    Index(
        "feed_for_all",
        "tenant",
        "seq",
        postgresql_where=IS_FOR_ALL,
        sqlite_where=IS_FOR_ALL,
    ),
)

# What changed and has no number in the feed yet: committed in no order that anybody could follow.
marks = Table(
    "marks",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("names", Text, nullable=False),  # JSON: what one transaction changed
    Index("marks_of_tenant", "tenant", "id"),
)
# What of the feed each device hears that is told only of members it has met.
news = Table(
    "news",
    metadata,
    Column("device_id", Id, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),  # account card decision
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # as in the feed, when it was put here
    Index("news_in_order", "device_id", "seq"),
)

# Numbers of the feed that one worker gave without a break: a restore is one.
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
    Column("put_by", String),  # the clerk
)

pushed = Table(
    "pushed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("promotions", Text, nullable=False),  # JSON, as a program has them; it replaces the last
    Column("put_at", String, nullable=False),
    Column("put_by", Text),  # JSON: the clerk who put each, by its id
)

conflicts = Table(
    "conflicts",
    metadata,
    key(),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # what it is about: found twice, it is one row
    Column("store", String),
    Column("device", String),
    Column("account", String),
    points("points"),
    Column("text", Text, nullable=False),  # plain words, for a clerk
    Column("found_at", String, nullable=False),
    Column("state", String, nullable=False, server_default="resolved"),  # or open
    Column("decision_seq", BigInteger),
    UniqueConstraint("tenant", "kind", "subject"),
    Index("conflicts_by_time", "tenant", "found_at"),
)

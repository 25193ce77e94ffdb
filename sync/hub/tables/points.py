"""Tables of what follows for members: accounts, cards, and the sums beside them."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    func,
)

from sync.hub.tables.base import Id, metadata, points

__all__ = ["ROOT", "accounts", "cards", "member_days", "own", "program_sums", "visits"]

accounts = Table(
    "accounts",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("root", String),  # the account it was merged into; its points are there
    points("active"),
    points("pending"),
    points("held"),
    points("available"),
    Column("enrolled_on", String),
    Column("tier", String),
    Column("tier_since", String),  # entered or kept anew
    Column("tier_until", String),  # kept so long whatever is earned; none for the lowest
    Column("state", String, nullable=False, server_default="active"),  # active erased
    points("owed"),  # as far as conflicts tell of it; while there is any, no floor
    points("due"),  # to expire: they leave from what is available, and are granted to nobody
    points("expired"),  # by head office, and may be given back
    Index("accounts_of_root", "tenant", "root"),
)

ROOT = func.coalesce(accounts.c.root, accounts.c.account)
"""The account at which an account's points are: itself, or the one that it was merged into."""

cards = Table(
    "cards",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("token", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("state", String, nullable=False, server_default="active"),
    Column("replaced_by", String),
    Column("decided_at", String),  # when head office itself changed its state
    Column("changed_at", String),  # since when it is good, or good no more
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
    Column("account", String, primary_key=True),  # as written; a member's are those of all theirs
    Column("day", String, primary_key=True),
    points("earned"),  # points that came, less what was taken back of them; not what was spent
    points("toward_points"),  # what counts toward tiers, in points and in money
    points("toward_minor"),
    points("purchases"),  # those that were not brought back whole
    points("redemptions"),
    points("waits"),
)

program_sums = Table(
    "program_sums",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),  # 0 is head office's own
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

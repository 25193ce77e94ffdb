"""Tables of what was written: the devices' journals, what they speak of, and head office's own."""

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

from sync.hub.tables.base import Id, key, metadata, points

__all__ = ["apart", "days", "decisions", "entries", "journals", "mentioned", "things"]

journals = Table(
    "journals",
    metadata,
    key(),
    Column("device_id", ForeignKey("devices.id"), nullable=False),
    Column("incarnation", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("branch", Integer, nullable=False, server_default="0"),
    Column("line", Id),  # journals of one ledger, one life growing from the other
    Column("parent_id", Id),  # the journal it grew or branched from
    Column("parent_seq", BigInteger),
    Column("parent_hash", LargeBinary(32)),
    Column("first_seq", BigInteger, nullable=False, server_default="1"),  # of a branch
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("opened", Boolean, nullable=False, server_default="0"),  # its WELCOMED opening was heard
    Column("fenced", String),  # None, clean, unclean
    Column("fenced_because", String),
    points("floor"),  # heard in this epoch
    points("allowance"),  # of floor, handed out for this epoch
    Column("floor_said_at", String),  # when that was told; None once it was told again
    # Its rights came home or were written off: what its entries say of them counts no more.
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
    Column("thing", String),  # what it speaks of, see sync/hub/judging
    Column("account", String),  # whose it is, as written
    Column("posted", Boolean, nullable=False, server_default="1"),  # False: kept, not understood
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
    Column("sole", Id),  # the journal that alone speaks of it; None once there are two
)

# An activation speaks of every sale that its lots came from; what each other entry speaks of stands
# beside it in ``entries``.
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
    Column("business_date", String, primary_key=True),  # as the entry says; empty where it does not
    Column("entries", BigInteger, nullable=False),
    points("written"),  # what members gained by the entries as they stand
    points("posted"),  # and by what head office made of them
)

apart = Table(
    "apart",
    metadata,
    Column("journal_id", Id, primary_key=True, autoincrement=False),
    Column("business_date", String, primary_key=True),
    Column("cause", String, primary_key=True),  # see sync/hub/causes.py
    points("points"),  # of posted less written
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

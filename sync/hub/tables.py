"""What head office keeps, table by table, for PostgreSQL and for SQLite.

Journals stand here as the devices wrote them; everything else follows from them and from what head
office decided itself. Accounts are the key by which a distributed database would spread the rows
(``tenant, account``); journals go by device.

The sums that are kept beside the entries, so that nobody has to add up history:

- ``accounts``: points by bucket as posted, and ``available``, what no device has rights to;
- ``rights``: what each epoch of each device was granted, and how its entries changed that (I4:
  ``active = available + sum(granted + change)``, over an account and all that were merged into it);
- ``own``: what a device's own entries come to, exactly as it wrote them, by the line of its ledger,
  so that the feed can tell it what the rest of the world did;
- ``program_sums``: the other side of the double entry, kept per journal so that devices never wait
  for one another's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "accounts",
    "asks",
    "cards",
    "conflicts",
    "days",
    "decisions",
    "device_keys",
    "devices",
    "entries",
    "feed",
    "journals",
    "mentioned",
    "metadata",
    "office",
    "own",
    "program_sums",
    "programs",
    "pushed",
    "quarantine",
    "recalls",
    "rights",
    "tenants",
    "things",
    "visits",
]

metadata = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")


def _key() -> "Column[int]":
    return Column("id", _Id, Identity(), primary_key=True)


def _points(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=False, server_default="0")


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
    Column("decision_seq", BigInteger, nullable=False, server_default="0"),
    Column("decision_hash", LargeBinary(32)),
    # The newest decision that rights have followed already.
    Column("rights_seq", BigInteger, nullable=False, server_default="0"),
)

devices = Table(
    "devices",
    metadata,
    _key(),
    Column("tenant", String, nullable=False),
    Column("store", String, nullable=False),
    Column("device", String, nullable=False),
    Column("state", String, nullable=False, server_default="new"),  # new live halted retired
    Column("halted_because", Text),
    Column("public_key", String),
    Column("journal_id", _Id),  # the live epoch
    Column("highest_epoch", BigInteger, nullable=False, server_default="0"),
    Column("challenge", String),
    # A WELCOME that was given and is not opened yet: to whom, and which epoch.
    Column("welcomed_incarnation", String),
    Column("welcomed_from_epoch", BigInteger),
    Column("welcomed_epoch", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),  # caught up with
    Column("catch_up", Text),  # JSON: what it must deliver before it has caught up
    Column("floor_closed", BigInteger, nullable=False, server_default="0"),  # not cleanly closed
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

journals = Table(
    "journals",
    metadata,
    _key(),
    Column("device_id", ForeignKey("devices.id"), nullable=False),
    Column("incarnation", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("branch", Integer, nullable=False, server_default="0"),
    Column("line", _Id),  # journals of one ledger, one life growing from the other
    Column("parent_id", _Id),  # the journal it grew or branched from
    Column("parent_seq", BigInteger),
    Column("parent_hash", LargeBinary(32)),
    Column("first_seq", BigInteger, nullable=False, server_default="1"),  # of a branch
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("opened", Boolean, nullable=False, server_default="0"),  # its WELCOMED opening was heard
    Column("fenced", String),  # None, clean, unclean
    Column("fenced_because", String),
    _points("floor"),  # heard in this epoch
    _points("allowance"),  # of floor, handed out for this epoch
    # Its rights came home or were written off: what its entries say of them counts no more.
    Column("written_off", Boolean, nullable=False, server_default="0"),
    Column("updated_at", String),
    UniqueConstraint("device_id", "incarnation", "epoch", "branch"),
)

entries = Table(
    "entries",
    metadata,
    Column("journal_id", _Id, primary_key=True, autoincrement=False),
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
    Column("sole", _Id),  # the journal that alone speaks of it; None once there are two
)

# An activation speaks of every sale that its lots came from; what each other entry speaks of stands
# beside it in ``entries``.
mentioned = Table(
    "mentioned",
    metadata,
    Column("journal_id", _Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("thing", String, primary_key=True),
    Index("mentions_of_thing", "thing"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("root", String),  # the account it was merged into; its points are there
    _points("active"),
    _points("pending"),
    _points("held"),
    _points("available"),
    Column("enrolled_on", String),
    Column("tier", String),
    Column("state", String, nullable=False, server_default="active"),  # active erased
    Column("denied", Boolean, nullable=False, server_default="0"),  # no floor: owes points
    _points("due"),  # to expire: they leave from what is available, and are granted to nobody
    _points("expired"),  # by head office, and may be given back
    Column("changed_seq", BigInteger, nullable=False, server_default="0"),
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
    Column("decided_at", String),  # when head office itself changed its state
    Column("changed_at", String),  # when anybody did
    Index("cards_of_account", "tenant", "account"),
)

rights = Table(
    "rights",
    metadata,
    Column("journal_id", _Id, primary_key=True, autoincrement=False),
    Column("account", String, primary_key=True),
    _points("granted"),  # cumulative, by head office
    _points("change"),  # the sum of what the entries say
    _points("journaled"),  # the largest LEASE_GRANT heard
    Index("rights_of_account", "account"),
)

recalls = Table(
    "recalls",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("recall", BigInteger, primary_key=True, autoincrement=False),
    Column("journal_id", _Id, nullable=False),
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
    Column("device_id", _Id, primary_key=True, autoincrement=False),
    Column("ask", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("expires_at", String, nullable=False),
    Index("asks_of_account", "tenant", "account"),
)

visits = Table(
    "visits",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("device_id", _Id, primary_key=True, autoincrement=False),
    Column("last_at", String, nullable=False),
    Column("visits", Integer, nullable=False, server_default="1"),
)

own = Table(
    "own",
    metadata,
    Column("line", _Id, primary_key=True, autoincrement=False),
    Column("account", String, primary_key=True),
    _points("active"),
    _points("pending"),
    _points("held"),
)

days = Table(
    "days",
    metadata,
    Column("journal_id", _Id, primary_key=True, autoincrement=False),
    Column("business_date", String, primary_key=True),  # as the entry says; empty where it does not
    Column("entries", BigInteger, nullable=False),
    _points("written"),  # what members gained by the entries as they stand
    _points("posted"),  # and by what head office made of them
)

program_sums = Table(
    "program_sums",
    metadata,
    Column("journal_id", _Id, primary_key=True, autoincrement=False),  # 0 is head office's own
    Column("bucket", String, primary_key=True),
    _points("points"),
)

feed = Table(
    "feed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("kind", String, primary_key=True),  # account card program pushed decision
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of its newest change
    Index("feed_in_order", "tenant", "seq"),
)

programs = Table(
    "programs",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("edition", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("put_at", String, nullable=False),
)

pushed = Table(
    "pushed",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("promotions", Text, nullable=False),  # JSON, as a program has them; it replaces the last
    Column("put_at", String, nullable=False),
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
)

conflicts = Table(
    "conflicts",
    metadata,
    _key(),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # what it is about: found twice, it is one row
    Column("store", String),
    Column("device", String),
    Column("account", String),
    _points("points"),
    Column("text", Text, nullable=False),  # plain words, for a clerk
    Column("found_at", String, nullable=False),
    Column("state", String, nullable=False, server_default="resolved"),  # or open
    Column("decision_seq", BigInteger),
    UniqueConstraint("tenant", "kind", "subject"),
    Index("conflicts_by_time", "tenant", "found_at"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _key(),
    Column("topic", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("digest", String, nullable=False, unique=True),  # so that a repeat is one row
    Column("received_at", String, nullable=False),
)

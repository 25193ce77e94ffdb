"""What head office keeps, in SQL: journals as the devices wrote them, and balances from postings.

SQLAlchemy Core, so that SQLite serves a demo or a corner-shop chain and PostgreSQL a large one.
Every call to :meth:`Store.take` is one transaction; when it returns, it is on disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from agent.core.entry import GENESIS, Position, Recorded
from agent.core.postings import postings_of
from sync.hub.examine import Accepted, Verdict, examine
from sync.messages import DeviceAddress, Journal

__all__ = ["HeldJournal", "Store"]

_metadata = MetaData()

_journals = Table(
    "journals",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("store", String, nullable=False),
    Column("device", String, nullable=False),
    Column("incarnation", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    UniqueConstraint("tenant", "store", "device", "incarnation", "epoch"),
)

_entries = Table(
    "entries",
    _metadata,
    Column("journal_id", ForeignKey("journals.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("received_at", String, nullable=False),
)

_balances = Table(
    "balances",
    _metadata,
    Column("journal_id", ForeignKey("journals.id"), primary_key=True),
    Column("owner", String, primary_key=True),
    Column("bucket", String, primary_key=True),
    Column("points", BigInteger, nullable=False),
)

_UPSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldJournal:
    """One epoch of one device's journal, and the newest entry held of it."""

    id: int
    address: DeviceAddress
    incarnation: str
    head: Position

    @property
    def epoch(self) -> int:
        """Which epoch it is."""
        return self.head.epoch


class Store:
    """Head office's database. The constructor opens nothing; ``start`` does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine

    def start(self) -> None:
        """Open the database and make the tables that are missing."""
        self._engine = create_engine(self._url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _make_sqlite_durable)
        _metadata.create_all(self._engine)

    def stop(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def head(self, address: DeviceAddress, incarnation: str, epoch: int) -> Position:
        """Answer the newest entry held of a journal, or the place before its first."""
        with self._engine.connect() as connection:
            held = _find(connection, address, incarnation, epoch)
        return _before_the_first(epoch) if held is None else held.head

    def take(
        self,
        address: DeviceAddress,
        header: Journal,
        lines: tuple[bytes, ...],
        *,
        received_at: str,
    ) -> tuple[Verdict, Position]:
        """Examine a batch and keep what is new of it, in one transaction.

        Answers the verdict and the newest entry now held, both durable.
        """
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                # Lock first: a read that turns into a write would fail at once otherwise.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            held = _find(connection, address, header.incarnation, header.epoch)
            head = _before_the_first(header.epoch) if held is None else held.head
            verdict = examine(head, lambda seq: _hash_at(connection, held, seq), header, lines)
            if not isinstance(verdict, Accepted) or not verdict.entries:
                return verdict, head
            if held is None:
                held = _make(connection, address, header.incarnation, header.epoch)
            self._keep(connection, held, verdict.entries, received_at)
            return verdict, verdict.entries[-1].position

    def _keep(
        self,
        connection: Connection,
        held: HeldJournal,
        entries: tuple[Recorded, ...],
        received_at: str,
    ) -> None:
        rows = [
            {
                "journal_id": held.id,
                "seq": recorded.entry.seq,
                "canonical": recorded.canonical,
                "hash": recorded.hash,
                "received_at": received_at,
            }
            for recorded in entries
        ]
        connection.execute(insert(_entries), rows)
        self._post(connection, held, entries)
        head = entries[-1].position
        connection.execute(
            update(_journals).where(_journals.c.id == held.id).values(seq=head.seq, hash=head.hash)
        )

    def _post(
        self, connection: Connection, held: HeldJournal, entries: tuple[Recorded, ...]
    ) -> None:
        moved: dict[tuple[str, str], int] = {}
        for recorded in entries:
            for posting in postings_of(recorded.entry.fact):
                key = (posting.owner, posting.bucket)
                moved[key] = moved.get(key, 0) + posting.points
        if not moved:
            return
        upsert = _UPSERTS[connection.dialect.name](_balances)
        upsert = upsert.on_conflict_do_update(
            index_elements=["journal_id", "owner", "bucket"],
            set_={"points": _balances.c.points + upsert.excluded.points},
        )
        rows = [
            {"journal_id": held.id, "owner": owner, "bucket": bucket, "points": points}
            for (owner, bucket), points in sorted(moved.items())
        ]
        connection.execute(upsert, rows)

    def journals(self) -> list[HeldJournal]:
        """List every journal held."""
        with self._engine.connect() as connection:
            return [_held(row) for row in connection.execute(select(_journals))]

    def journals_of(self, address: DeviceAddress) -> list[HeldJournal]:
        """List the journals held of one device, one for each epoch of each incarnation."""
        return [journal for journal in self.journals() if journal.address == address]

    @contextmanager
    def entries(self, held: HeldJournal) -> Iterator[Iterator[tuple[int, bytes, bytes]]]:
        """Walk a journal's entries in order: seq, canonical bytes, hash."""
        with self._engine.connect() as connection:
            rows = connection.execution_options(yield_per=500).execute(
                select(_entries.c.seq, _entries.c.canonical, _entries.c.hash)
                .where(_entries.c.journal_id == held.id)
                .order_by(_entries.c.seq)
            )
            yield ((row.seq, row.canonical, row.hash) for row in rows)

    def balances(self, held: HeldJournal) -> dict[tuple[str, str], int]:
        """Answer the points of each (owner, bucket) that one journal moved."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(_balances).where(_balances.c.journal_id == held.id)
            ).all()
        return {(row.owner, row.bucket): row.points for row in rows}


def _make_sqlite_durable(connection: Any, _record: Any) -> None:
    """WAL with synchronous=FULL: an acknowledged entry survives a power cut here too."""
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _before_the_first(epoch: int) -> Position:
    return Position(epoch=epoch, seq=0, hash=GENESIS)


def _this_journal(address: DeviceAddress, incarnation: str, epoch: int) -> dict[str, Any]:
    return {
        "tenant": address.tenant,
        "store": address.store,
        "device": address.device,
        "incarnation": incarnation,
        "epoch": epoch,
    }


def _find(
    connection: Connection, address: DeviceAddress, incarnation: str, epoch: int
) -> HeldJournal | None:
    key = _this_journal(address, incarnation, epoch)
    found = connection.execute(select(_journals).filter_by(**key).with_for_update()).one_or_none()
    return None if found is None else _held(found)


def _make(
    connection: Connection, address: DeviceAddress, incarnation: str, epoch: int
) -> HeldJournal:
    key = _this_journal(address, incarnation, epoch)
    connection.execute(insert(_journals).values(**key, seq=0, hash=GENESIS))
    held = _find(connection, address, incarnation, epoch)
    assert held is not None, "a journal that was just made is there"  # noqa: S101
    return held


def _hash_at(connection: Connection, held: HeldJournal | None, seq: int) -> bytes | None:
    if seq == 0:
        return GENESIS
    if held is None:
        return None
    row = connection.execute(
        select(_entries.c.hash).where(_entries.c.journal_id == held.id, _entries.c.seq == seq)
    ).one_or_none()
    return None if row is None else bytes(row.hash)


def _held(row: Any) -> HeldJournal:
    return HeldJournal(
        id=row.id,
        address=DeviceAddress(tenant=row.tenant, store=row.store, device=row.device),
        incarnation=row.incarnation,
        head=Position(epoch=row.epoch, seq=row.seq, hash=bytes(row.hash)),
    )

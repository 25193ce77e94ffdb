"""Head office's database: where it is, how a transaction is run there, and run again.

Whoever writes hands a function of a connection to :meth:`Database.transact`. It may be run more
than once: where PostgreSQL ends it for a deadlock, or the connection is lost, even while it
commits and nobody knows whether it did. So it must come to the same when it has been committed
before, as booking does, which examines what is held first.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from agent.core.backoff import delay_s
from sync.hub.meanwhile import PatientConnection
from sync.hub.migrations import upgrade
from sync.hub.turning import still_turning

__all__ = ["Database", "is_down", "is_passing", "is_too_much", "upsert", "upsert_in"]

T = TypeVar("T")

_ATTEMPTS = 8
"""So often a transaction is begun before its fault is raised; some two seconds of waiting."""

_PASSING = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "55P03",  # lock_not_available
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "08000",
        "08003",
        "08006",
    }
)
"""What PostgreSQL says of a transaction that another attempt may well complete."""


_TO_REACH_POSTGRESQL = {
    # A server that is up answers at once, and one of several that is not must not keep the others
    # waiting: without this, the kernel knocks for two minutes at a machine that is gone.
    "connect_timeout": 10,
    # A machine that vanishes says no good-bye. A worker that waits for its answer would wait for
    # ever: it sends nothing, so the kernel must ask, first after 10 s, then every 5 s.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    # Four that are lost on end are no hiccup of a network any more; with the first 10 s that is
    # half a minute, less than it takes systemd to give up a hub whose worker does not come round.
    "keepalives_count": 4,
    # While something that was sent is not confirmed, the kernel asks nothing: it sends that again,
    # for a quarter of an hour. So the same half a minute for this, in milliseconds.
    "tcp_user_timeout": 30_000,
}
"""How libpq notices that a database elsewhere is gone, so that the transaction is run again on
another connection. What the URL says comes before; on a socket of this machine libpq uses of these
only the first, and nothing can be lost there.
"""

_LIMIT_EXCEEDED = "54"
"""The class of what is beyond PostgreSQL's own limits."""

_CANCELLED = "57014"
"""A statement took longer than PostgreSQL was told to let one take, or a person ended it."""


class Database:
    """Head office's database, SQLite or PostgreSQL. The constructor opens nothing.

    ``sqlite://`` is one in memory, for one thread: it has one connection.
    """

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._url = url
        self._sleep = sleep
        self._dice = dice
        self.engine: Engine
        """Made by ``start``."""
        self.reruns = 0
        # SQLite's bug of the WAL that is begun anew: no two may write or checkpoint at once, and
        # a commit may checkpoint after it has let the next writer in.
        self._alone = threading.Lock() if self.dialect == "sqlite" else nullcontext()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return make_url(self._url).get_backend_name()

    def start(self, *, migrate: bool = True) -> None:
        """Open it and bring its tables up to this version."""
        self.engine = _engine(self._url, in_memory=self._is_in_memory)
        if migrate:
            self.transact(upgrade)

    def stop(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction and answer what it answers, after the commit.

        Runs it again, a bounded number of times, where another attempt may succeed. Raises what
        SQLAlchemy raises.
        """

        def change() -> T:
            with self._alone, self.engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    # Lock first: a read that turns into a write would fail at once otherwise.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                return work(connection)

        return self._until_it_stands(change)

    def _until_it_stands(self, attempted: Callable[[], T]) -> T:
        """Try again where another attempt may succeed. A connection that was lost while nobody used
        it shows only now: to ask each time before would cost a journey.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return attempted()
            except DBAPIError as error:
                if attempt + 1 == _ATTEMPTS or not is_passing(error):
                    raise
            self.reruns += 1
            still_turning()  # each attempt may take as long as a connection that is not answered
            self._sleep(delay_s(attempt, first_s=0.02, longest_s=1, dice=self._dice))
        raise AssertionError("the last attempt returned or raised")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one unchanging picture of the database. It must not write."""

        def look() -> T:
            with self.engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                return work(connection)

        return self._until_it_stands(look)

    def snapshot(self) -> bytes:
        """Copy a database in memory, whole."""
        with self.engine.connect() as connection:
            return _driver(connection).serialize()

    def restore(self, snapshot: bytes) -> None:
        """Set a database in memory back to what it was.

        By way of another connection: SQLite crashes where a database is exchanged under a
        connection that has asked ``json_each``.
        """
        with closing(sqlite3.connect(":memory:")) as copied, self.engine.connect() as connection:
            copied.deserialize(snapshot)
            copied.backup(_driver(connection))
            connection.info.clear()  # what is kept beside a connection was of the other database

    @property
    def _is_in_memory(self) -> bool:
        return make_url(self._url).database in (None, "", ":memory:") and self.dialect == "sqlite"


def upsert(c: Connection, table: Table) -> Any:
    """Begin an INSERT that may say ``on_conflict_do_update``, in the words of this database."""
    return upsert_in(c.dialect.name, table)


def upsert_in(dialect: str, table: Table) -> Any:
    """Begin it in the words of a database of this kind, for a statement that is kept."""
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


def is_passing(error: DBAPIError) -> bool:
    """Say whether the same transaction may succeed if it is run once more."""
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _PASSING:
        return True
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig)
    # The server is gone, or is not there yet: psycopg knows no SQLSTATE then.
    return (
        isinstance(error, OperationalError | InterfaceError)
        and getattr(error.orig, "sqlstate", "") is None
    )


def is_down(error: Exception) -> bool:
    """Say whether the database is what failed, so that the same work may succeed later."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        if is_too_much(error):
            return False
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def is_too_much(error: DBAPIError) -> bool:
    """Say whether a statement asked for what the database will not do however often it is asked, as
    to keep a text in an index that is too long for one: what was said is to blame for it, though
    drivers report it like a database that is down.
    """
    if isinstance(error.orig, sqlite3.OperationalError):
        return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(_LIMIT_EXCEEDED) or state == _CANCELLED


def _engine(url: str, *, in_memory: bool) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url)
        event.listen(engine, "do_connect", _connect_patiently)
        return engine
    if in_memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url)
    event.listen(engine, "connect", _make_sqlite_durable)
    return engine


def _connect_patiently(
    _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]
) -> PatientConnection:
    return PatientConnection.connect(*arguments, **(_TO_REACH_POSTGRESQL | options))


def _make_sqlite_durable(connection: Any, _record: Any) -> None:
    """WAL with synchronous=FULL: an acknowledged entry survives a power cut here too."""
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("only a database in memory is copied whole")
    return driver

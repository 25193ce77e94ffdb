"""A ledger and a till in this process, and the same writes done bare.

The bare ledger lags one run behind: what the till's ledger has just written is read back, the
ledger's own code is run over it on a connection that notes every statement, and those very
statements, with those very values, are then executed and timed on a database of their own. So the
raw limit does what a sale does to the disk, in the same transactions, whatever that comes to be.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from agent.clock import device_clock, mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.ledger import Ledger, Profile, Transaction, journaled, projections
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.migrations import migrate
from agent.ledger.queries import SQL
from agent.till import Terms, Till
from agent.tools.bench.ledger_sales import Said, Work, program

__all__ = [
    "BareLedger",
    "Customer",
    "Mirror",
    "OpenStore",
    "PreparedEntry",
    "append_closed",
    "keep_closed",
    "write_batch",
]

_SETTLE_S = 0.5
_PER_TRANSACTION = 2_000

Statement = tuple[str, tuple[Any, ...]]
PreparedEntry = list[Statement]
"""Every statement that one entry comes to."""

Customer = Callable[[Till], Awaitable[object]]
"""What a till does for one customer, from the first call to the last."""


class OpenStore:
    """A ledger that is running, its till, and how many entries went into each commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = Ledger(path, clock=device_clock, mint_id=mint_id)
        self.till = Till(self.ledger, Terms(program=program()), mint_id=mint_id)
        self._seqs: list[int] = []
        self.ledger.on_commit(lambda head: self._seqs.append(head.seq))

    def __enter__(self) -> "OpenStore":
        self.ledger.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.stop()

    def sell(self, work: Work, *, callers: int) -> float:
        """Have so many callers commit sales together; answers how many seconds it took."""
        return self.serve([_buyer(sale_id, sale) for sale_id, sale in work], callers=callers)

    def serve(self, customers: Iterable[Customer], *, callers: int) -> float:
        """Have so many callers serve customers together; answers how many seconds it took."""
        self._seqs = [self.ledger.head.seq]
        took_s = asyncio.run(_serve(self.till, customers, callers))
        time.sleep(_SETTLE_S)  # the writer trims its log now, and not while the next is measured
        return took_s

    def time_each(self, work: Work) -> list[float]:
        """Have one caller commit sales, one after another; answers the seconds of each."""
        samples = asyncio.run(_time_each(self.till, work))
        time.sleep(_SETTLE_S)
        return samples

    @property
    def batches(self) -> list[int]:
        """How many entries each commit of the last ``sell`` had."""
        return [later - earlier for earlier, later in pairwise(self._seqs)]


def _buyer(sale_id: str, sale: Sale) -> Customer:
    return lambda till: till.commit(sale_id, sale)


async def _serve(till: Till, customers: Iterable[Customer], callers: int) -> float:
    waiting = iter(customers)

    async def call() -> None:
        for customer in waiting:
            await customer(till)

    began_s = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return time.perf_counter() - began_s


async def _time_each(till: Till, work: Work) -> list[float]:
    samples = []
    for sale_id, sale in work:
        began_s = time.perf_counter()
        await till.commit(sale_id, sale)
        samples.append(time.perf_counter() - began_s)
    return samples


async def _append_all(
    ledger: Ledger, facts: Iterator[Said], counted: Callable[[int], None]
) -> None:
    """Append facts through the ledger's own writer, many to a transaction."""

    def some(transaction: Transaction) -> int:
        page = list(islice(facts, _PER_TRANSACTION))
        for said in page:
            transaction.append(said.fact, business_date=said.business_date)
        return len(page)

    while appended := await ledger.write(some):
        counted(appended)


def append_closed(
    path: Path, facts: Iterator[Said], *, counted: Callable[[int], None] = lambda _: None
) -> None:
    """Append facts to a ledger that is not running; afterwards it is one file."""
    with OpenStore(path) as store:
        asyncio.run(_append_all(store.ledger, facts, counted))


def keep_closed(path: Path, profiles: Iterator[Profile]) -> None:
    """Keep profiles beside a ledger that is not running."""

    def all_of_them(transaction: Transaction) -> None:
        for profile in profiles:
            transaction.keep_profile(profile)

    with OpenStore(path) as store:
        asyncio.run(store.ledger.write(all_of_them))


class _Noting(sqlite3.Connection):
    """Notes every statement that writes."""

    noted: PreparedEntry

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if not sql.startswith("SELECT"):
            self.noted.append((sql, tuple(parameters)))
        return super().execute(sql, parameters)


class Mirror:
    """Follows a ledger in memory, and tells which statements each of its entries comes to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memory = sqlite3.connect("", isolation_level=None, factory=_Noting)
        self._memory.noted = []
        migrate(self._memory)
        self._place = (0, 0)

    def follow(self) -> list[PreparedEntry]:
        """Answer the statements of every entry that is new since the last call."""
        entries = []
        with closing(open_reader(self._path)) as reader:
            for position, canonical in journaled(reader, after=self._place):
                entry = Entry.parse(canonical)
                self._memory.noted = []
                projections.apply(self._memory, entry)
                row = (entry.epoch, entry.seq, entry.id, canonical, position.hash)
                entries.append([(SQL["append_entry"], row), *self._memory.noted])
                self._place = (position.epoch, position.seq)
        return entries

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()


class BareLedger:
    """The same writes as a ledger's, with nothing around them: one thread, one loop."""

    def __init__(self, path: Path, mirror: Mirror) -> None:
        self._mirror = mirror
        self._connection = open_writer(path)
        migrate(self._connection)

    def catch_up(self, batches: Sequence[int] = ()) -> float:
        """Write what is new in the mirrored ledger, in transactions of the sizes it had.

        Answers how many seconds that took; without ``batches`` it is one transaction.
        """
        entries = self._mirror.follow()
        following = iter(entries)
        began_s = time.perf_counter()
        for size in batches or (len(entries),):
            write_batch(self._connection, islice(following, size))
        took_s = time.perf_counter() - began_s
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return took_s

    def close(self) -> None:
        """Close the database and the mirror."""
        self._connection.close()
        self._mirror.close()


def write_batch(connection: sqlite3.Connection, entries: Iterable[PreparedEntry]) -> None:
    """Execute the statements of some entries in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statements in entries:
        for sql, parameters in statements:
            connection.execute(sql, parameters).fetchone()
    connection.execute("COMMIT")

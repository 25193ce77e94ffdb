"""The ledger as the rest of the agent sees it: start, ask, write, stop."""

import asyncio
import itertools
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from agent.core.entry import Position, link_hash
from agent.core.instant import Clock
from agent.core.values import MintId
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.errors import LedgerDamaged, LedgerUnavailable
from agent.ledger.lock import LedgerLock
from agent.ledger.migrations import migrate
from agent.ledger.transaction import Transaction
from agent.ledger.view import ACKNOWLEDGED, View, journaled
from agent.ledger.writer import Writer

__all__ = ["Ledger"]

T = TypeVar("T")

_CHECKED_AT_START = 1_000
_ROOM_BYTES = 64 * 1024
"""What a probe writes: the space of a dozen sales."""


class Ledger:
    """One device's journal and projections.

    ``write`` runs a job in the writer's next transaction and answers after its commit; ``read``
    runs a question on a read-only connection of its own, so that a slow disk never makes a tap
    wait behind a sale. The constructor touches nothing; ``start`` opens the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        mint_id: MintId,
        longest_queue: int = 1_024,
    ) -> None:
        self.path = path
        self.incarnation = ""
        self.acknowledged = (0, 0)
        self._mint_id = mint_id
        self._lock = LedgerLock(path)
        self._listeners: list[Callable[[Position], None]] = []
        self._writer = Writer(
            clock=clock, mint_id=mint_id, longest_queue=longest_queue, on_commit=self._committed
        )
        self._writing: sqlite3.Connection | None = None
        self._reading: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-reader")

    def start(self) -> None:
        """Lock, open, migrate, check the newest entries, and start the writer.

        Raises LedgerLocked, LedgerDamaged, or LedgerUnavailable saying what is wrong.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._open()
        except OSError as error:
            self.stop()
            raise LedgerUnavailable(
                f"cannot use {self.path.parent}: {error.strerror or error}; "
                "check [ledger] path, the directory's owner and the free space"
            ) from error
        except sqlite3.Error as error:
            self.stop()
            raise LedgerUnavailable(f"cannot open {self.path}: {error}") from error
        except Exception:
            self.stop()
            raise

    def _open(self) -> None:
        self._writing = open_writer(self.path)
        migrate(self._writing)
        head = View(self._writing).head()
        _check_newest(self._writing, head)
        self.acknowledged = View(self._writing).acknowledged()
        self.incarnation = self._claim_incarnation(self._writing)
        self._reading = open_reader(self.path)
        self._writer.start(self._writing, head)

    def _claim_incarnation(self, connection: sqlite3.Connection) -> str:
        """Name this life of the disk, once."""
        known = View(connection).meta("incarnation")
        if known is not None:
            return known
        minted = self._mint_id()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO meta (key, value) VALUES ('incarnation', ?)", (minted,))
        connection.execute("COMMIT")
        return minted

    def stop(self) -> None:
        """Finish what waits, close the readers before the writer, and give up the lock."""
        self._writer.stop()
        self._readers.shutdown()
        for connection in (self._reading, self._writing):
            if connection is not None:
                connection.close()
        self._reading = self._writing = None
        self._lock.release()

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run a job in a transaction; answers when it is on disk.

        Raises whatever Refusal the job raises, LedgerBusy, or LedgerUnavailable.
        """
        answer: T = await asyncio.wrap_future(self._writer.submit(job))
        return answer

    async def read(self, question: Callable[[View], T]) -> T:
        """Ask the durable state. Raises LedgerUnavailable where the disk cannot answer."""
        return await self._in_reader(lambda connection: question(View(connection)))

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Read the canonical bytes of up to ``at_most`` entries after (epoch, seq)."""

        def page(connection: sqlite3.Connection) -> list[bytes]:
            walk = journaled(connection, after=position)
            return [canonical for _, canonical in itertools.islice(walk, at_most)]

        return await self._in_reader(page)

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry; the genesis hash for 0; None where none is."""
        return await self.read(lambda view: view.hash_at(epoch, seq))

    async def acknowledge(self, position: Position) -> None:
        """Remember that head office holds the journal up to ``position``."""
        place = f"{position.epoch}:{position.seq}"
        await self.write(lambda transaction: transaction.remember(ACKNOWLEDGED, place))
        self.acknowledged = (position.epoch, position.seq)

    async def _in_reader(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Run a question in the reading thread, on its connection."""
        if self._reading is None:
            raise LedgerUnavailable("the ledger is not running")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, _in_one_state, self._reading, question)
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"the ledger cannot read: {error}") from error

    async def probe(self) -> None:
        """Try whether a ledger that could not write has room again, and clear its fault if so."""
        # New each time: SQLite writes no page whose content stays the same.
        fresh = secrets.token_hex(_ROOM_BYTES // 2)
        await self.write(lambda transaction: transaction.remember("room", fresh))
        self._writer.fault = None

    @property
    def head(self) -> Position:
        """The position of the newest durable entry."""
        return self._writer.head

    @property
    def fault(self) -> str | None:
        """Why the last write failed, until one succeeds."""
        return self._writer.fault

    @property
    def commits(self) -> int:
        """Transactions committed since start; fewer than jobs where callers came together."""
        return self._writer.commits

    def on_commit(self, listener: Callable[[Position], None]) -> None:
        """Have ``listener`` called on the ledger thread after commits; it must only enqueue."""
        self._listeners.append(listener)

    def _committed(self, head: Position) -> None:
        for listener in self._listeners:
            listener(head)


def _in_one_state(connection: sqlite3.Connection, question: Callable[[sqlite3.Connection], T]) -> T:
    """Ask within one read transaction: a balance and its position belong together."""
    connection.execute("BEGIN")
    try:
        return question(connection)
    finally:
        connection.execute("COMMIT")


def _check_newest(connection: sqlite3.Connection, head: Position) -> None:
    """Hold the chain over the newest entries of the present epoch."""
    first = max(0, head.seq - _CHECKED_AT_START)
    previous = View(connection).hash_at(head.epoch, first)
    if previous is None:
        raise LedgerDamaged(f"entry {head.epoch}:{first} is missing")
    expected_seq = first + 1
    for position, canonical in journaled(connection, after=(head.epoch, first)):
        if position.seq != expected_seq or link_hash(previous, canonical) != position.hash:
            raise LedgerDamaged(
                f"entry {position.epoch}:{position.seq} does not follow from the one before it"
            )
        previous = position.hash
        expected_seq += 1

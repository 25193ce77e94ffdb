"""The writer thread: one connection, group commit, an answer only after the commit.

Whatever waits when the thread wakes goes into one transaction. A use case that refuses raises
before it has written anything, and its refusal too is handed over after the commit, because it may
rest on what an earlier operation of the same batch wrote. Where something unforeseen fails, the
whole batch is rolled back and each operation is run again alone, so that one cannot hurt another.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from agent.core.entry import Position
from agent.core.instant import DeviceClock
from agent.core.values import MintId
from agent.ledger.errors import (
    LedgerBusy,
    LedgerContradiction,
    LedgerUnavailable,
    Refusal,
)
from agent.ledger.evidence import is_certain
from agent.ledger.segments import Archive
from agent.ledger.transaction import Tip, Transaction

__all__ = ["Writer"]

_LONGEST_BATCH = 256
_IDLE_S = 0.1
_CUT_WAITS_MS = 250
"""How long the tills wait at most for those who still read the log that is to be cut."""

_log = structlog.get_logger(__name__)

_Job = Callable[[Transaction], Any]


@dataclass(slots=True)
class _Waiting:
    job: _Job
    answer: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns the writing connection, and the place where the journal durably stands."""

    def __init__(
        self,
        *,
        clock: DeviceClock,
        mint_id: MintId,
        archive: Archive,
        longest_queue: int,
        on_commit: Callable[[Position], None],
    ) -> None:
        self._clock = clock
        self._mint_id = mint_id
        self._archive = archive
        self._longest_queue = longest_queue
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection
        self._log_grew = self._cuts_log = False
        self.tip: Tip
        self.fault: str | None = None
        self.damage: str | None = None
        self.commits = 0

    def start(self, connection: sqlite3.Connection, tip: Tip) -> None:
        """Take over the connection."""
        self._connection = connection
        self.tip = tip
        self.fault = self.damage = None
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._queue.put(None)
            thread.join()
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Answer what was queued behind the stop: it was not written."""
        late = []
        while not self._queue.empty():
            waiting = self._queue.get_nowait()
            if waiting is not None:
                waiting.error = LedgerUnavailable("the ledger is not running")
                late.append(waiting)
        _answer(late)

    def submit(self, job: _Job) -> asyncio.Future[Any]:
        """Queue a job from an event loop; it is answered there after its commit.

        Raises LedgerBusy with a full queue, LedgerUnavailable when not running.
        """
        if self._thread is None:
            raise LedgerUnavailable("the ledger is not running")
        if self._queue.qsize() >= self._longest_queue:
            raise LedgerBusy("too many operations are waiting for the disk")
        waiting = _Waiting(job, asyncio.get_running_loop().create_future())
        self._queue.put(waiting)
        return waiting.answer

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._next_batch()
            if batch:
                self._commit(batch)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Wait for one job, then take what else is there; and say whether to stop after it."""
        batch: list[_Waiting] = []
        item = self._wait()
        while item is not None:
            if not item.answer.cancelled():  # whoever went away before this point is not served
                batch.append(item)
            if len(batch) == _LONGEST_BATCH:
                break
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
        return batch, item is None

    def _wait(self) -> _Waiting | None:
        """Wait for work; when none comes for a moment, use it to trim the write-ahead log."""
        if self._log_grew:
            try:
                return self._queue.get(timeout=_IDLE_S)
            except queue.Empty:
                self._trim_log()
        return self._queue.get()

    def _trim_log(self) -> None:
        """Checkpoint what no reader still needs, so that no sale has to wait for it."""
        self._log_grew = False
        with contextlib.suppress(sqlite3.Error):  # it is tried again after the next commit
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _cut_log(self) -> None:
        """Checkpoint everything and cut the log to nothing, unless somebody reads it for long."""
        (patience_ms,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute(f"PRAGMA busy_timeout = {_CUT_WAITS_MS}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.execute(f"PRAGMA busy_timeout = {patience_ms}")

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            tip = self._transact(batch)
        except Exception as error:  # noqa: BLE001 - whatever fails is answered to its caller below
            self._roll_back()
            if len(batch) > 1:
                for waiting in batch:
                    self._commit([waiting])
                return
            self._fail(batch[0], error)
            return
        grown = tip.head != self.tip.head
        if grown:  # a small note beside the journal may fit where no sale does
            self.fault = None
        self.tip = tip
        self.commits += 1
        self._log_grew = True
        if self._cuts_log:
            self._cut_log()
        if grown:
            self._tell(tip.head)
        _answer(batch)

    def _tell(self, head: Position) -> None:
        try:
            self._on_commit(head)
        except Exception:  # noqa: BLE001 - a listener's mistake is not the ledger's
            _log.exception("commit_listener_failed")

    def _transact(self, batch: list[_Waiting]) -> Tip:
        """Run a batch in one transaction; on return it is on disk."""
        self._connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(
            self._connection,
            self.tip,
            clock=self._clock,
            mint_id=self._mint_id,
            archive=self._archive,
        )
        for waiting in batch:
            before = transaction.head()
            waiting.error = None
            try:
                waiting.result = waiting.job(transaction)
            except Refusal as refusal:
                assert transaction.head() == before, "a refusal writes nothing"  # noqa: S101
                waiting.error = refusal
        self._cuts_log = transaction.cuts_log
        self._connection.execute("COMMIT")
        return transaction.tip

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                _log.error("ledger_rollback_failed", error=str(error))

    def _fail(self, waiting: _Waiting, error: Exception) -> None:
        if is_certain(error):
            self.damage = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            error = LedgerContradiction(f"this contradicts an earlier entry: {error}")
        elif isinstance(error, sqlite3.Error):
            if self.fault is None:
                _log.error("ledger_unavailable", error=str(error))
            self.fault = str(error)
            error = LedgerUnavailable(f"the ledger cannot write: {error}")
        waiting.error = error
        _answer([waiting])


def _answer(batch: list[_Waiting]) -> None:
    """Hand a batch's answers over to its event loop, all in one call."""
    for loop in {waiting.answer.get_loop() for waiting in batch}:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, batch, loop)


def _settle(batch: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
    for waiting in batch:
        answer = waiting.answer
        if answer.get_loop() is not loop or answer.done():
            continue
        if waiting.error is not None:
            answer.set_exception(waiting.error)
        else:
            answer.set_result(waiting.result)

"""The writer thread: one connection, group commit, an answer only after the commit.

Whatever waits when the thread wakes goes into one transaction. A use case that refuses raises
before it has written anything, and its refusal too is handed over after the commit, because it may
rest on what an earlier operation of the same batch wrote. Where something unforeseen fails, the
whole batch is rolled back and each operation is run again alone, so that one cannot hurt another.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import structlog

from agent.core.entry import Position
from agent.core.instant import Clock
from agent.core.values import MintId
from agent.ledger.errors import LedgerBusy, LedgerUnavailable
from agent.ledger.transaction import Transaction

__all__ = ["Job", "Refusal", "Writer"]

_LONGEST_BATCH = 256
_log = structlog.get_logger(__name__)

Job = Callable[[Transaction], Any]


class Refusal(Exception):
    """A use case's considered no. Raised before anything was appended; fails nobody else."""


@dataclass(slots=True)
class _Waiting:
    job: Job
    answer: Future[Any]
    result: Any = None
    refusal: Refusal | None = None


class Writer:
    """Owns the writing connection, and the position of the newest durable entry."""

    def __init__(
        self,
        *,
        clock: Clock,
        mint_id: MintId,
        longest_queue: int,
        on_commit: Callable[[Position], None],
    ) -> None:
        self._clock = clock
        self._mint_id = mint_id
        self._on_commit = on_commit
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(longest_queue)
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection
        self.head: Position
        self.fault: str | None = None
        self.commits = 0

    def start(self, connection: sqlite3.Connection, head: Position) -> None:
        """Take over the connection."""
        self._connection = connection
        self.head = head
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Answer what was queued behind the stop: it was not written."""
        while not self._queue.empty():
            late = self._queue.get_nowait()
            if late is not None and late.answer.set_running_or_notify_cancel():
                late.answer.set_exception(LedgerUnavailable("the ledger is not running"))

    def submit(self, job: Job) -> Future[Any]:
        """Queue a job; its answer comes after its commit. Raises LedgerBusy with a full queue."""
        if self._thread is None:
            raise LedgerUnavailable("the ledger is not running")
        waiting = _Waiting(job, Future())
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise LedgerBusy("too many operations are waiting for the disk") from None
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
        item = self._queue.get()
        while item is not None:
            # From here on a caller that goes away can no longer cancel what is being written.
            if item.answer.set_running_or_notify_cancel():
                batch.append(item)
            if len(batch) == _LONGEST_BATCH:
                break
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
        return batch, item is None

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            head = self._transact(batch)
        except Exception as error:  # noqa: BLE001 - whatever fails is answered to its caller below
            self._roll_back()
            if len(batch) > 1:
                for waiting in batch:
                    self._commit([waiting])
                return
            self._fail(batch[0], error)
            return
        grown = head != self.head
        if grown:  # a small note beside the journal may fit where no sale does
            self.fault = None
        self.head = head
        self.commits += 1
        for waiting in batch:
            if waiting.refusal is not None:
                waiting.answer.set_exception(waiting.refusal)
            else:
                waiting.answer.set_result(waiting.result)
        if grown:
            self._on_commit(head)

    def _transact(self, batch: list[_Waiting]) -> Position:
        """Run a batch in one transaction; on return it is on disk."""
        self._connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(
            self._connection, self.head, clock=self._clock, mint_id=self._mint_id
        )
        for waiting in batch:
            before = transaction.head()
            waiting.refusal = None
            try:
                waiting.result = waiting.job(transaction)
            except Refusal as refusal:
                assert transaction.head() == before, "a refusal writes nothing"  # noqa: S101
                waiting.refusal = refusal
        self._connection.execute("COMMIT")
        return transaction.head()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                _log.error("ledger_rollback_failed", error=str(error))

    def _fail(self, waiting: _Waiting, error: Exception) -> None:
        if isinstance(error, sqlite3.Error):
            if self.fault is None:
                _log.error("ledger_unavailable", error=str(error))
            self.fault = str(error)
            error = LedgerUnavailable(f"the ledger cannot write: {error}")
        waiting.answer.set_exception(error)

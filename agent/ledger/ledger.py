"""The ledger as the rest of the agent sees it: start, ask, write, stop."""

import secrets
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog

from agent.core.entry import Position
from agent.core.instant import DeviceClock, Moment
from agent.core.values import MintId
from agent.ledger.base import read_base
from agent.ledger.checks import check_newest, check_witness
from agent.ledger.connection import check_build, checkpoint, has_wal_reset_bug, open_writer
from agent.ledger.epochs import Epochs, claim_incarnation
from agent.ledger.errors import LedgerDamaged, LedgerUnavailable
from agent.ledger.evidence import is_damage
from agent.ledger.fresh import Fresh
from agent.ledger.lock import LedgerLock
from agent.ledger.migrations import migrate
from agent.ledger.offering import Offering
from agent.ledger.places import Places
from agent.ledger.quarantine import hold_log
from agent.ledger.reader import Reader
from agent.ledger.recovery import Suspicion, is_missing, rebuild
from agent.ledger.segments import Archive
from agent.ledger.standing import Standing
from agent.ledger.transaction import Tip, Transaction
from agent.ledger.view import View
from agent.ledger.witness import Witness, newest_seen
from agent.ledger.writer import Writer

__all__ = ["Ledger"]

T = TypeVar("T")

_ROOM_BYTES = 64 * 1024
"""What a probe writes: the space of a dozen sales."""

_log = structlog.get_logger(__name__)


class Ledger(Offering):
    """One device's journal and projections.

    ``write`` runs a job in the writer's next transaction and answers after its commit; ``read``
    runs a question on a read-only connection of its own, so that a slow disk never makes a tap
    wait behind a sale. The constructor touches nothing; ``start`` opens the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: DeviceClock,
        mint_id: MintId,
        longest_queue: int = 1_024,
    ) -> None:
        self.path = path
        self.places = Places(path)
        self.archive = Archive(self.places.segments)
        self._clock = clock
        self._mint_id = mint_id
        self._suspicion: Suspicion | None = None
        self._turning = threading.Lock()
        """Held by whoever starts, recovers or stops: one after the other."""
        self._stopping = False
        self._lock = LedgerLock(self.places.lock)
        self._witness = Witness(self.places.witness)
        self._listeners: list[Callable[[Position], None]] = []
        self._writer = Writer(
            clock=clock,
            mint_id=mint_id,
            archive=self.archive,
            longest_queue=longest_queue,
            on_commit=self._committed,
        )
        self._writing: sqlite3.Connection | None = None
        self._reader = Reader()
        self._standing = Standing(self.places)
        self._epochs, self._fresh = Epochs(), Fresh()

    def start(self) -> None:
        """Lock, open, migrate, check the newest entries, and start the writer.

        Raises LedgerLocked, LedgerNewer, LedgerDamaged, or LedgerUnavailable saying what is wrong.
        """
        with self._turning:
            self._stopping = False
            self._start()

    def _start(self, reason: str | None = None) -> None:
        check_build()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._open_or_rebuild(reason)
        except OSError as error:
            self._halt()
            raise LedgerUnavailable(
                f"cannot use {self.path.parent}: {error.strerror or error}; "
                "check [ledger] path, the directory's owner and the free space"
            ) from error
        except sqlite3.Error as error:
            self._halt()
            raise LedgerUnavailable(f"cannot open {self.path}: {error}") from error
        except Exception:
            self._halt()
            raise

    def recover(self, reason: str) -> None:
        """Move the ledger to quarantine as damaged and go on with one that is made anew.

        What waits to be written is written first, or refused. Asked again after it failed, it goes
        on where it was, or with the ledger that somebody has put there meanwhile. Raises as
        ``start`` does, and LedgerUnavailable once ``stop`` was called.
        """
        with self._turning:
            if self._stopping:
                raise LedgerUnavailable("the ledger is stopping")
            self._writer.stop()
            self._standing.rescue()  # or raise, with everything still open
            self._halt(keep_log=True)
            self._start(reason)

    def _open_or_rebuild(self, reason: str | None) -> None:
        if reason is not None:
            self._suspicion = self._suspicion or Suspicion.of(self.places, reason)
        suspicion = self._suspicion
        try:
            if suspicion is not None and suspicion.holds(self.places):
                raise LedgerDamaged(suspicion.reason)
            if is_missing(self.places):
                raise LedgerDamaged("the database file is gone")
            self._open()
        except Exception as error:
            if not is_damage(error, self.places):
                raise
            self._close(keep_log=True)
            rebuild(self.places, str(error), clock=self._clock, mint_id=self._mint_id)
            self._open()
        self._suspicion = None

    def _open(self) -> None:
        self._writing = open_writer(self.path)
        migrate(self._writing, self.archive, lambda: read_base(self.path))
        view = View(self._writing, self.archive)
        check_newest(self._writing, self.archive, read_base(self.path))
        check_witness(view, newest_seen(self.places))
        checkpoint(self._writing)
        claim_incarnation(self._writing, self._mint_id)
        self._epochs, self._fresh = Epochs.of(view), Fresh()
        self._reader.open(self.path)
        self._witness.open()
        self._standing.begin(self._writing)
        self._writer.start(self._writing, Tip.of(view))
        _log.info(
            "ledger_opened",
            head=str(self.head),
            sqlite=sqlite3.sqlite_version,
            wal_reset_bug=has_wal_reset_bug(),
        )

    def stop(self) -> None:
        """Finish what waits, close the readers before the writer, and give up the lock.

        Waits for a recovery that is under way: it would start again what is stopped here.
        """
        self._stopping = True
        with self._turning:
            self._writer.stop()
            with suppress(LedgerUnavailable):
                self._standing.rescue()
            self._halt()

    def _halt(self, *, keep_log: bool = False) -> None:
        self._writer.stop()
        self._close(keep_log=keep_log)
        self._lock.release()

    def _close(self, *, keep_log: bool = False) -> None:
        """Close the files; with ``keep_log`` a damaged log is not copied into its database."""
        self._standing.end()
        self._reader.close()
        self._fresh = Fresh()
        last = hold_log(self.path) if keep_log else None
        for connection in (self._writing, last):
            if connection is not None:
                connection.close()
        self._writing = None
        self._witness.close()

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run a job in a transaction; answers when it is on disk.

        Raises whatever Refusal the job raises, LedgerBusy, or LedgerUnavailable.
        """
        answer: T = await self._writer.submit(job)
        return answer

    async def read(self, question: Callable[[View], T]) -> T:
        """Ask the durable state. Raises LedgerUnavailable where the disk cannot answer."""
        return await self._reader.ask(lambda connection: question(View(connection, self.archive)))

    async def confirm(self) -> None:
        """Begin an epoch that may redeem: an operator agreed to what a recovery left here."""
        incarnation = self.incarnation
        await self.write(
            lambda transaction: transaction.open_epoch("confirmed", incarnation=incarnation)
        )
        self.places.confirmation.unlink(missing_ok=True)

    def now(self) -> datetime:
        """Read the wall clock that stamps the entries."""
        return self._clock().at

    def moment(self) -> Moment:
        """Read every clock that stamps the entries."""
        return self._clock()

    async def probe(self) -> None:
        """Try whether a ledger that could not write has room again, and clear its fault if so."""
        # New each time: SQLite writes no page whose content stays the same.
        fresh = secrets.token_hex(_ROOM_BYTES // 2)
        await self.write(lambda transaction: transaction.remember("room", fresh))
        self._writer.fault = None

    @property
    def head(self) -> Position:
        """The position of the newest durable entry."""
        return self._writer.tip.head

    @property
    def incarnation(self) -> str:
        """Which life of the disk the newest entries belong to."""
        return self._writer.tip.incarnation

    @property
    def frozen(self) -> str | None:
        """Why redemptions are refused here, or None."""
        return self._writer.tip.frozen

    @property
    def opened(self) -> bool:
        """Whether head office opened the present epoch: this device has rights in no other."""
        return self._writer.tip.opened

    @property
    def fault(self) -> str | None:
        """Why the last write failed, until one succeeds."""
        return self._writer.fault

    @property
    def damage(self) -> str | None:
        """What a write or a question found damaged, or which file is gone; see ``recover``."""
        return self._writer.damage or self._reader.damage or self._standing.lost()

    @property
    def commits(self) -> int:
        """Transactions committed since start; fewer than jobs where callers came together."""
        return self._writer.commits

    def on_commit(self, listener: Callable[[Position], None]) -> None:
        """Have ``listener`` called on the ledger thread after commits; it must only enqueue."""
        self._listeners.append(listener)

    def _committed(self, head: Position) -> None:
        """Note the durable head outside the database, then tell who waits for it."""
        try:
            self._witness.saw(head)
        except OSError as error:
            _log.warning("witness_not_written", error=str(error))
        self._grew(self._writer.tip)
        for listener in self._listeners:
            listener(head)

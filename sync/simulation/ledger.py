"""The ledger on a disk that is an image in memory.

Transactions, views, projections, lives and schema are the ledger's own. What is left out is what a
simulation has no use for: the writer's thread, the reader's, files, backups. A commit is durable
when it returns; an image is what a disk would hold then.
"""

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from agent.core.entry import Position
from agent.core.instant import DeviceClock
from agent.core.values import MintId
from agent.ledger import Ledger, Refusal, Transaction, View
from agent.ledger.epochs import Epochs, claim_incarnation
from agent.ledger.errors import LedgerContradiction
from agent.ledger.migrations import migrate
from agent.ledger.transaction import Tip

__all__ = ["SimulatedLedger"]

T = TypeVar("T")

_NOWHERE = Path("/nonexistent/tapledger-simulation/ledger.db")


class SimulatedLedger(Ledger):
    """A ledger over one image, or over an empty disk.

    ``on_commit`` listeners are called in the commit, as the ledger's own are.
    """

    def __init__(
        self, image: bytes | None, *, clock: DeviceClock, mint_id: MintId, name: str
    ) -> None:
        # One that is nowhere holds no lock and finds no base, no segments and no backups.
        super().__init__(_NOWHERE.with_name(name), clock=clock, mint_id=mint_id)
        self._image = image
        self._tip: Tip
        self._commits = 0

    def start(self) -> None:
        """Open the image, and name this life of the disk where it has no name."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(self._image or _empty())  # type: ignore[attr-defined,unused-ignore]
        connection.execute("PRAGMA foreign_keys = ON")
        self._writing, self._image = connection, None
        claim_incarnation(connection, self._mint_id)
        view = View(connection)
        self._tip, self._epochs = Tip.of(view), Epochs.of(view)

    def stop(self) -> None:
        """Close it; what was committed is in :meth:`image` alone."""
        self._disk.close()
        self._writing = None

    def image(self) -> bytes:
        """Answer what the disk holds."""
        content: bytes = self._disk.serialize()  # type: ignore[attr-defined,unused-ignore]
        return content

    @property
    def _disk(self) -> sqlite3.Connection:
        assert self._writing is not None, "the ledger is running"  # noqa: S101
        return self._writing

    @property
    def connection(self) -> sqlite3.Connection:
        """The disk itself, for whoever checks it."""
        return self._disk

    @property
    def view(self) -> View:
        """What is committed, for whoever checks it."""
        return View(self._disk)

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run a job in a transaction of its own, at once."""
        disk = self._disk
        disk.execute("BEGIN IMMEDIATE")
        transaction = Transaction(disk, self._tip, clock=self._clock, mint_id=self._mint_id)
        before = transaction.head()
        try:
            answer = job(transaction)
        except Refusal:
            assert transaction.head() == before, "a refusal writes nothing"  # noqa: S101
            disk.execute("COMMIT")
            raise
        except sqlite3.IntegrityError as error:
            disk.execute("ROLLBACK")
            raise LedgerContradiction(f"this contradicts an earlier entry: {error}") from error
        except BaseException:
            disk.execute("ROLLBACK")
            raise
        disk.execute("COMMIT")
        self._commits += 1
        grown, self._tip = transaction.tip.head != self._tip.head, transaction.tip
        if grown:
            self._grew(self._tip)
            for listener in self._listeners:
                listener(self.head)
        return answer

    async def read(self, question: Callable[[View], T]) -> T:
        """Ask what is committed."""
        return question(View(self._disk))

    @property
    def head(self) -> Position:
        """The position of the newest entry."""
        return self._tip.head

    @property
    def incarnation(self) -> str:
        """Which life of the disk the newest entries belong to."""
        return self._tip.incarnation

    @property
    def opened(self) -> bool:
        """Whether the newest epoch began with head office's word."""
        return self._tip.opened

    @property
    def frozen(self) -> str | None:
        """Why redemptions are refused here, or None."""
        return self._tip.frozen

    @property
    def fault(self) -> str | None:
        """No write fails."""
        return None

    @property
    def damage(self) -> str | None:
        """Nothing is damaged."""
        return None

    @property
    def commits(self) -> int:
        """Transactions committed since start."""
        return self._commits


@cache
def _empty() -> bytes:
    """Make the image of a new ledger, once."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    image: bytes = connection.serialize()  # type: ignore[attr-defined,unused-ignore]
    connection.close()
    return image

"""What a ledger offers head office: its lives, their entries, and what is known to be there."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from agent.core.entry import Position
from agent.ledger.acknowledged import Acknowledged
from agent.ledger.base import read_base
from agent.ledger.epochs import Epochs
from agent.ledger.fresh import Fresh
from agent.ledger.transaction import Tip, Transaction
from agent.ledger.view import ACKNOWLEDGED, View

__all__ = ["Offering"]

T = TypeVar("T")


class Offering(ABC):
    """The part of a ledger that whoever carries its journal away needs."""

    path: Path
    _epochs: Epochs
    _fresh: Fresh

    @abstractmethod
    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run a job in a transaction; answers when it is on disk."""

    @abstractmethod
    async def read(self, question: Callable[[View], T]) -> T:
        """Ask the durable state."""

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        """Read the canonical bytes of up to ``at_most`` entries after (epoch, seq)."""
        newest = self._fresh.after(position, at_most=at_most)
        if newest is not None:
            return newest
        return await self.read(lambda view: view.page_after(position, at_most=at_most))

    async def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry; the genesis hash for 0; None where none is kept.

        Head office may stand at the very entry that the oldest kept one follows: the base knows.
        """
        newest = self._fresh.hash_at(epoch, seq)
        if newest is not None:
            return newest
        return await self.read(
            lambda view: view.hash_at(epoch, seq) or read_base(self.path).hash_at(epoch, seq)
        )

    def heard_of(self, position: Position) -> None:
        """Know how far head office holds one life of the journal, for as long as this runs."""
        epochs = self._epochs
        epochs.held = epochs.held.at(position.epoch, position.seq, epochs.heads)

    async def acknowledge(self, position: Position) -> None:
        """Remember it for good."""
        epochs = self._epochs
        await self._remember_held(epochs.held.at(position.epoch, position.seq, epochs.heads))

    async def offer_again(self) -> None:
        """Have every entry that is still here offered again: head office may have forgotten it."""
        begin = await self.read(lambda _: read_base(self.path).begins_after)
        await self._remember_held(Acknowledged((begin.place,)))

    async def _remember_held(self, held: Acknowledged) -> None:
        await self.write(lambda transaction: transaction.remember(ACKNOWLEDGED, str(held)))
        self._epochs.held = held

    def _grew(self, tip: Tip) -> None:
        """Know what the last transaction added, which is durable."""
        self._fresh.grew(tip.appended)
        for ended, incarnation in tip.ended:
            self._epochs.grew(ended, incarnation)
        self._epochs.grew(tip.head, tip.incarnation)

    @property
    def epochs(self) -> Epochs:
        """The lives of this journal, and how far head office holds them."""
        return self._epochs

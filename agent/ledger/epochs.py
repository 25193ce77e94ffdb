"""The lives of a journal: how far each has grown, and how far head office holds them."""

import sqlite3
from collections.abc import Iterator

from agent.core.entry import Epoch, Position
from agent.core.values import MintId
from agent.ledger.acknowledged import Acknowledged
from agent.ledger.queries import SQL
from agent.ledger.view import INCARNATION, View

__all__ = ["Epochs", "claim_incarnation"]


class Epochs:
    """Kept in memory beside the journal: a few numbers for each life, whatever its length."""

    def __init__(
        self,
        heads: dict[int, int] | None = None,
        incarnations: dict[int, str] | None = None,
        held: Acknowledged | None = None,
    ) -> None:
        self._heads = heads or {0: 0}
        self._incarnations = incarnations or {}
        self.held = held or Acknowledged()
        """How far head office is known to hold each life."""

    @classmethod
    def of(cls, view: View) -> "Epochs":
        """Read them off a ledger."""
        heads = view.epoch_heads()
        incarnations = {number: view.incarnation(number) for number in heads}
        return cls(heads, incarnations, view.held())

    def grew(self, head: Position, incarnation: str) -> None:
        """Note a new newest entry."""
        # In place of the old ones, so that whoever goes through them meanwhile is not disturbed.
        self._heads = self._heads | {head.epoch: head.seq}
        self._incarnations = self._incarnations | {head.epoch: incarnation}

    def epoch(self, number: int) -> Epoch:
        """Answer one life of the journal."""
        return Epoch(
            number=number,
            incarnation=self._incarnations.get(number, ""),
            head_seq=self._heads.get(number, 0),
        )

    @property
    def heads(self) -> dict[int, int]:
        """The newest seq of each life."""
        return self._heads

    @property
    def acknowledged(self) -> tuple[int, int]:
        """The (epoch, seq) up to which head office is known to hold everything."""
        return self.held.place

    def held_of(self, number: int) -> int:
        """Answer how far head office is known to hold one life."""
        return self.held.of(number, self._heads.get(number, 0))

    def _unfinished(self) -> Iterator[int]:
        heads, held = self._heads, self.held
        return (
            number
            for number, head_seq in sorted(heads.items())
            if held.of(number, head_seq) < head_seq
        )

    @property
    def offered(self) -> Epoch:
        """The oldest life with entries that head office is not known to hold, else the newest."""
        return self.epoch(next(self._unfinished(), max(self._heads)))

    @property
    def tails(self) -> tuple[Epoch, ...]:
        """The lives before the newest that head office is not known to hold whole, oldest first."""
        newest = max(self._heads)
        return tuple(self.epoch(number) for number in self._unfinished() if number != newest)

    @property
    def dropped(self) -> tuple[int, ...]:
        """The lives before the newest of which nothing is here, or is any more, oldest first."""
        heads = self._heads
        newest = max(heads)
        return tuple(sorted(each for each in heads if not heads[each] and each != newest))

    @property
    def unacknowledged(self) -> int:
        """How many entries head office is not known to hold."""
        held = self.held
        return sum(head_seq - held.of(each, head_seq) for each, head_seq in self._heads.items())


def claim_incarnation(connection: sqlite3.Connection, mint_id: MintId) -> None:
    """Name this life of the disk, once."""
    if View(connection).meta(INCARNATION) is None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(SQL["put_meta"], (INCARNATION, mint_id()))
        connection.execute("COMMIT")

"""The lives of one journal, and how much of each head office is known to hold."""

import sqlite3

from agent.core.entry import Epoch, Position
from agent.core.values import MintId
from agent.ledger.queries import SQL
from agent.ledger.view import INCARNATION, View

__all__ = ["Epochs", "claim_incarnation"]


class Epochs:
    """Kept in memory beside the journal: a few numbers for each life, whatever its length."""

    def __init__(
        self, heads: dict[int, int], incarnations: dict[int, str], acknowledged: tuple[int, int]
    ) -> None:
        self._heads = heads
        self._incarnations = incarnations
        self.acknowledged = acknowledged

    @classmethod
    def of(cls, view: View) -> "Epochs":
        """Read them off a ledger."""
        heads = view.epoch_heads()
        incarnations = {number: view.incarnation(number) for number in heads}
        return cls(heads, incarnations, view.acknowledged())

    def grew(self, head: Position, incarnation: str) -> None:
        """Note a new newest entry."""
        self._heads[head.epoch] = head.seq
        self._incarnations[head.epoch] = incarnation

    def epoch(self, number: int) -> Epoch:
        """Answer one life of the journal."""
        return Epoch(
            number=number,
            incarnation=self._incarnations.get(number, ""),
            head_seq=self._heads.get(number, 0),
        )

    @property
    def offered(self) -> Epoch:
        """The oldest life with entries that head office is not known to hold, else the newest."""
        waiting = (
            number
            for number, head_seq in sorted(self._heads.items())
            if (number, head_seq) > self.acknowledged
        )
        return self.epoch(next(waiting, max(self._heads)))

    @property
    def unacknowledged(self) -> int:
        """How many entries head office is not known to hold."""
        epoch, seq = self.acknowledged
        later = sum(head for number, head in tuple(self._heads.items()) if number > epoch)
        return later + max(0, self._heads.get(epoch, 0) - seq)


def claim_incarnation(connection: sqlite3.Connection, mint_id: MintId) -> None:
    """Name this life of the disk, once."""
    if View(connection).meta(INCARNATION) is None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(SQL["put_meta"], (INCARNATION, mint_id()))
        connection.execute("COMMIT")

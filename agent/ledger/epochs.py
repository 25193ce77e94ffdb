"""The lives of one journal, and how much of each head office is known to hold."""

from agent.core.entry import Epoch, Position

__all__ = ["Epochs"]


class Epochs:
    """Kept in memory beside the journal: a few numbers for each life, whatever its length."""

    def __init__(
        self, heads: dict[int, int], incarnations: dict[int, str], acknowledged: tuple[int, int]
    ) -> None:
        self._heads = heads
        self._incarnations = incarnations
        self.acknowledged = acknowledged

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

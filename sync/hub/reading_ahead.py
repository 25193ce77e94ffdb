"""The batch that comes next is read while the database works at the one before it.

To inflate a batch, parse its entries and look at their sales takes nothing but its payload, and
half of all the time that the worker itself spends on it.
"""

from agent.core.entry import Entry
from sync.hub.examine import read_entry
from sync.hub.reading import Refused, read_journal

__all__ = ["Batch", "ReadingAhead"]


class Batch:
    """A batch as it was sent, and its entries, as far as they were read before it had its turn.

    Raises Refused where it is none.
    """

    def __init__(self, payload: bytes) -> None:
        self.header, self.lines = read_journal(payload)
        self._entries: list[Entry | None] = []

    def read_on(self) -> bool:
        """Read one entry more; answers whether there was one."""
        place = len(self._entries)
        if place == len(self.lines):
            return False
        seq = self.header.first_seq + place
        self._entries.append(read_entry(self.lines[place], self.header.epoch, seq))
        return True

    def read(self, canonical: bytes, epoch: int, seq: int) -> Entry | None:
        """Read an entry of this batch as :func:`read_entry` does, unless that was done."""
        place = seq - self.header.first_seq
        if place < len(self._entries):
            return self._entries[place]
        return read_entry(canonical, epoch, seq)


class ReadingAhead:
    """Reads one batch ahead, step by step."""

    def __init__(self) -> None:
        self._payload: bytes | None = None
        self._batch: Batch | None = None

    def step(self, payload: bytes) -> bool:
        """Read a little of the batch that comes next; answers whether more may be left of it.

        What is wrong with it is said when it has its turn.
        """
        if payload is self._payload:
            return self._batch is not None and self._batch.read_on()
        self._payload, self._batch = payload, None
        try:
            self._batch = Batch(payload)
        except Refused:
            return False
        return True

    def take(self, payload: bytes) -> Batch:
        """Answer a batch that has its turn, as far as it was read. Raises Refused."""
        batch = self._batch if payload is self._payload else None
        self._payload = self._batch = None
        return batch or Batch(payload)

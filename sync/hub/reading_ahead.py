"""The batch that comes next is read while the database works at the one before it."""

from sync.hub.batch import Batch
from sync.hub.reading import Refused, read_journal

__all__ = ["ReadingAhead"]


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
            self._batch = Batch(*read_journal(payload))
        except Refused:
            return False
        return True

    def take(self, payload: bytes) -> Batch:
        """Answer a batch that has its turn, as far as it was read. Raises Refused."""
        batch = self._batch if payload is self._payload else None
        self._payload = self._batch = None
        return batch or Batch(*read_journal(payload))

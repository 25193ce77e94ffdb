"""Heard positions: what a till says it was told last of this journal, and whether that can be.

A whole disk may be set back, with its witness and its backups, and then nothing on it knows. The
tills do: each keeps the position that it was answered last. One that the journal never had, or has
otherwise, shows that entries are missing here which were answered, and points that they spent.

>>> heard = Heard.parse("0:123:1a2b3c4d")
>>> (heard.epoch, heard.seq, heard.digest)
(0, 123, '1a2b3c4d')
>>> str(heard)
'0:123'

An epoch far beyond the ledger's own is believed of nobody.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from agent.core.entry import Position

__all__ = ["Heard"]

_FORM = re.compile(r"([0-9]{1,15}):([0-9]{1,15}):([0-9a-fA-F]{8,64})")
"""Whatever epoch a ledger comes to can be told back: no till is shut out by an answer."""

_EPOCHS_AHEAD = 1_000
"""A disk that was set back lost a few epochs. Beyond this a till is wrong, or somebody uses the
numbers up: a ledger opens an epoch newer than the one it believes.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A place, and the first 8 to 64 hexadecimal digits of the hash a till was told for it."""

    epoch: int
    seq: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``epoch:seq:hash``. Raises ValueError."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError("write it as epoch:seq:hash, the hash as 8 to 64 hexadecimal digits")
        return cls(epoch=int(found[1]), seq=int(found[2]), digest=found[3].lower())

    def __str__(self) -> str:
        """Name the entry: ``epoch:seq``."""
        return f"{self.epoch}:{self.seq}"

    def is_beyond_belief(self, head: Position) -> bool:
        """Say whether it lies further ahead of a journal than any disk was ever set back."""
        return self.epoch > head.epoch + _EPOCHS_AHEAD

    def contradicts(self, head: Position, hash_at: Callable[[int, int], bytes | None]) -> bool:
        """Say whether a journal that ends with ``head`` cannot have told this.

        An epoch that is over says nothing: the newer one began frozen, or with somebody's word for
        what it went on without. ``hash_at`` is asked once at most; where it answers None the
        entry is no longer kept, and nothing can be told.
        """
        if self.epoch != head.epoch:
            return self.epoch > head.epoch
        if self.seq >= head.seq:
            return self.seq > head.seq or not self._fits(head.hash)
        kept = hash_at(self.epoch, self.seq)
        return kept is not None and not self._fits(kept)

    def _fits(self, kept: bytes) -> bool:
        return kept.hex().startswith(self.digest)

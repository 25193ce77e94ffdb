"""How far head office is known to hold each life of a journal.

Lives are acknowledged one by one: a newer one may be whole over there while the tail of an older
one is still under way. Written down it is a line of places, oldest first: every life before the
first of them is whole, and of one that is not named nothing is held.

>>> heads = {0: 40, 1: 7, 3: 9}
>>> known = Acknowledged.parse("0:12").at(3, 5, heads)
>>> str(known), known.place
('0:12 3:5', (0, 12))
>>> str(known.at(0, 40, heads))
'1:0 3:5'
>>> str(known.at(0, 40, heads).at(1, 7, heads))
'3:5'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

__all__ = ["Acknowledged"]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The newest acknowledged seq of each life that is named, oldest first."""

    seqs: tuple[tuple[int, int], ...] = ((0, 0),)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it off its line. Raises ValueError."""
        seqs = tuple(_place(each) for each in text.split(" "))
        if sorted(dict(seqs).items()) != list(seqs):
            raise ValueError(f"{text!r} does not name each life once, in order")
        return cls(seqs)

    def __str__(self) -> str:
        return " ".join(f"{epoch}:{seq}" for epoch, seq in self.seqs)

    @property
    def place(self) -> tuple[int, int]:
        """The place up to which head office holds everything."""
        return self.seqs[0]

    def of(self, epoch: int, head_seq: int) -> int:
        """Answer how far one life is held, whose newest entry is ``head_seq``."""
        if epoch < self.seqs[0][0]:
            return head_seq
        return min(head_seq, dict(self.seqs).get(epoch, 0))

    def at(self, epoch: int, seq: int, heads: Mapping[int, int]) -> "Acknowledged":
        """Note how far a life is held; it may be less than was thought. ``heads`` are all lives."""
        newest = max((epoch, *heads))
        seqs = {each: self.of(each, head_seq) for each, head_seq in heads.items()} | {epoch: seq}
        held = sorted(seqs.items())
        while held[0][0] != newest and held[0][1] >= heads.get(held[0][0], 0):
            del held[0]
        return Acknowledged((held[0], *(each for each in held[1:] if each[1])))

    def up_to(self, place: tuple[int, int]) -> "Acknowledged":
        """Forget what lies beyond a place: a ledger was made anew and knows no more than that."""
        last, seq = place
        kept = [(each, min(held, seq) if each == last else held) for each, held in self.seqs]
        return Acknowledged(tuple(each for each in kept if each[0] <= last) or (place,))


def _place(text: str) -> tuple[int, int]:
    epoch, seq = (int(part) for part in text.split(":"))
    if min(epoch, seq) < 0:
        raise ValueError(f"{text!r} is no place")
    return epoch, seq

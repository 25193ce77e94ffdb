"""Forks: which entries another copy of their disk contradicts.

Rights are those of an epoch. Where two copies of a disk write in one epoch, head office counts the
rights of one of them, and no others': the points that the other one spent are covered by nothing.
So it is where one goes on in an epoch that the other has left, whose rights came home. What a disk
writes in an epoch in which no other had a hand is covered as it says, whatever became of its copies
and of its older lives.
"""

from dataclasses import dataclass, field

from agent.core.entry import Entry
from agent.core.facts import OpenEpoch

__all__ = ["Forks", "Place"]

Place = tuple[str, int, int]
"""A device's address, epoch and seq."""

_Life = tuple[str, int]


@dataclass(slots=True)
class Forks:
    """Follows every disk at once."""

    _written: dict[Place, bytes] = field(default_factory=dict)
    _parted: dict[_Life, int] = field(default_factory=dict)
    """The first entry of an epoch that is not the only one at its place, or that comes after one
    from which somebody went on to another epoch.
    """

    def saw(self, address: str, entry: Entry, digest: bytes) -> Place:
        """An entry was committed somewhere; answers where."""
        place = (address, entry.epoch, entry.seq)
        if self._written.setdefault(place, digest) != digest:
            self._part((address, entry.epoch), entry.seq)
        fact = entry.fact
        if isinstance(fact, OpenEpoch):
            self._part((address, fact.parent_epoch), fact.parent_seq + 1)
        return place

    def _part(self, life: _Life, seq: int) -> None:
        self._parted[life] = min(seq, self._parted.get(life, seq))

    def contradict(self, place: Place) -> bool:
        """Say whether another copy wrote otherwise at a place, or before it in the same epoch."""
        address, epoch, seq = place
        parted = self._parted.get((address, epoch))
        return parted is not None and seq >= parted

"""Points that wait: none becomes active before its day, and none twice (I13, I5).

What waited since an older epoch brings no rights: another copy of the disk may have made the same
points active, and have spent them (I10).
"""

from dataclasses import dataclass, field
from datetime import date

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ActivatePoints
from sync.simulation.watch.violations import hold

__all__ = ["LotWatch"]


@dataclass(slots=True)
class LotWatch:
    """Follows one journal; a copy of the disk takes it along."""

    waiting: dict[tuple[int, int], tuple[date, int]] = field(default_factory=dict)
    """By the place of the sale's entry: until when its points wait, and how many of them do."""

    def saw(self, entry: Entry, said: date, where: str) -> None:
        """Hold one more entry. ``said`` is the shop's day."""
        fact = entry.fact
        if isinstance(fact, AccumulatePoints) and fact.pending_until is not None:
            self.waiting[entry.epoch, entry.seq] = (fact.pending_until, fact.points)
        if not isinstance(fact, ActivatePoints):
            return
        place = f"{where}: entry {entry.epoch}:{entry.seq}"
        ours = sum(lot.points for lot in fact.lots if lot.epoch == entry.epoch)
        words = f"{place}: {fact.lease} rights to {ours} points of its own epoch"
        hold("I10", fact.lease <= ours, words)
        for lot in fact.lots:
            until, left = self.waiting.get((lot.epoch, lot.seq), (date.max, 0))
            words = f"{place}: {lot.points} points of {lot.epoch}:{lot.seq} become active"
            hold("I13", until <= said, f"{words} on {said}, and wait until {until}")
            hold("I5", lot.points <= left, f"{words}, of which {left} wait")
            self.waiting[lot.epoch, lot.seq] = (until, left - lot.points)

"""The floor: what a store redeems beyond its rights stays within every cap (I6)."""

from collections import defaultdict
from dataclasses import dataclass, field

from agent.core.entry import Entry
from agent.core.facts import CreateReward, OpenEpoch
from agent.core.program import Offline
from sync.simulation.watch.violations import hold

__all__ = ["FloorWatch"]


@dataclass(slots=True)
class FloorWatch:
    """Adds up what one journal says of the floor; a copy of the disk takes it along."""

    rules: Offline
    spent: dict[str, list[tuple[tuple[int, int], int]]] = field(default_factory=dict)
    """By account: where each redemption beyond rights stands, and how much of it was."""
    of_day: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    of_epoch: int = 0

    def saw(self, entry: Entry, acknowledged: tuple[int, int], allowed: int, where: str) -> None:
        """Hold one more entry. ``acknowledged`` is the place up to which head office is known to
        have everything, ``allowed`` all that head office ever allowed in this epoch.
        """
        fact = entry.fact
        if isinstance(fact, OpenEpoch):
            self.of_epoch = 0
        if not isinstance(fact, CreateReward) or not fact.floor:
            return
        rules, day = self.rules, str(entry.business_date or entry.recorded_at[:10])
        place = f"{where}: entry {entry.epoch}:{entry.seq}"
        spent = self.spent.setdefault(fact.account, [])
        spent.append(((entry.epoch, entry.seq), fact.floor))
        spent[:] = [each for each in spent if each[0] > acknowledged]
        self.of_day[day] += fact.floor
        self.of_epoch += fact.floor
        of_account = sum(points for _, points in spent)
        for what, points, most in (
            ("a redemption", fact.floor, rules.per_redemption),
            ("an account", of_account, rules.per_account),
            ("a day", self.of_day[day], rules.per_day),
            ("an epoch", self.of_epoch, allowed),
            ("redemptions of an account", len(spent), rules.hard_count),
        ):
            hold("I6", points <= most, f"{place}: {points} for {what}, where {most} are the most")

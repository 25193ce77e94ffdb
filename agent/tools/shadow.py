"""The shadow run: real baskets under an old and a new program, and what the change costs.

Both programs judge every basket in one pass. What is kept grows with the members: for each, the two
sums of points; of the baskets only the most changed.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from agent.core.accumulate import Earned
from agent.core.program import Program
from agent.tools.baskets import Basket
from agent.tools.replay import Replay, Totals

__all__ = ["Burn", "Changed", "Comparison", "Moved", "Shadow", "Side", "burn_of"]

_MOST_CHANGED = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Burn:
    """What a point is worth in minor units, by which reward; None where no reward says it."""

    by: str
    a_point_minor: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What one of the programs gave. ``liability_minor`` is what its points are worth."""

    program: Program
    totals: Totals
    burn: Burn | None
    liability_minor: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Members who are better off, or worse: how many, and by how much, half and nine in ten of them
    at most; in the comparison's unit, and 0 for nobody.
    """

    members: int
    p50: int
    p90: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A basket that earns something else; ``difference`` is in the comparison's unit."""

    basket: Basket
    old: Earned
    new: Earned
    difference: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What the change costs. ``unit`` is that of members' and baskets' differences: points, or
    minor units of money where a point is worth something else in the new program.
    """

    old: Side
    new: Side
    unit: str
    first_day: date | None
    last_day: date | None
    without_card: int
    other_currency: int
    changed: int
    members: int
    better: Moved
    worse: Moved
    most_changed: tuple[Changed, ...]

    @property
    def liability_minor(self) -> int | None:
        """The difference in money; None where one of the two, or a common currency, is missing."""
        old, new = self.old.liability_minor, self.new.liability_minor
        same_currency = self.old.program.currency == self.new.program.currency
        return new - old if old is not None and new is not None and same_currency else None


def burn_of(program: Program) -> Burn | None:
    """Answer what a point is worth: by the discount, else by the cheapest reward with a value."""
    discount = program.discount
    if discount is not None:
        return Burn(by=discount.id, a_point_minor=Fraction(discount.worth_minor, discount.points))
    valued = [
        (reward.cost_points, Fraction(reward.value_minor, reward.cost_points), reward.id)
        for reward in program.reward
        if reward.value_minor and not reward.is_free
    ]
    return Burn(by=min(valued)[2], a_point_minor=min(valued)[1]) if valued else None


class Shadow:
    """Takes baskets in the order of their business dates, and compares at the end."""

    def __init__(self, old: Program, new: Program) -> None:
        self._old, self._new = Replay(old), Replay(new)
        self._burns = burn_of(old), burn_of(new)
        self._in_money = _is_in_money(old, new, self._burns)
        self._days: list[date] = []
        self._without_card = self._other_currency = self._changed = 0
        self._members: dict[str, tuple[int, int]] = {}
        self._most: list[tuple[int, int, Changed]] = []

    def take(self, basket: Basket) -> None:
        """Judge the next basket twice. Raises BadBaskets where it comes too late."""
        sale = basket.sale
        old, new = self._old.judge(basket), self._new.judge(basket)
        days = [*self._days, sale.business_date]
        self._days = [min(days), max(days)]
        self._other_currency += sale.currency != self._new.program.currency
        if sale.token is None:
            self._without_card += 1
            return
        had = self._members.get(sale.token, (0, 0))
        self._members[sale.token] = had[0] + old.points, had[1] + new.points
        if old.because != new.because:
            self._changed += 1
            self._note(basket, old, new)

    def comparison(self) -> Comparison:
        """Compare what was taken so far."""
        differences = [self._difference(old, new) for old, new in self._members.values()]
        return Comparison(
            old=_side(self._old, self._burns[0]),
            new=_side(self._new, self._burns[1]),
            unit="minor" if self._in_money else "points",
            first_day=self._days[0] if self._days else None,
            last_day=self._days[1] if self._days else None,
            without_card=self._without_card,
            other_currency=self._other_currency,
            changed=self._changed,
            members=len(self._members),
            better=_moved(much for much in differences if much > 0),
            worse=_moved(-much for much in differences if much < 0),
            most_changed=tuple([each for *_, each in sorted(self._most, reverse=True)]),
        )

    def _note(self, basket: Basket, old: Earned, new: Earned) -> None:
        """Keep a basket while it is one of the most changed; of like ones, the first."""
        difference = self._difference(old.points, new.points)
        changed = Changed(basket=basket, old=old, new=new, difference=difference)
        heapq.heappush(self._most, (abs(difference), -self._changed, changed))
        if len(self._most) > _MOST_CHANGED:
            heapq.heappop(self._most)

    def _difference(self, old_points: int, new_points: int) -> int:
        old, new = self._burns
        if not self._in_money or old is None or new is None:
            return new_points - old_points
        return _worth(new_points, new) - _worth(old_points, old)


def _is_in_money(old: Program, new: Program, burns: tuple[Burn | None, Burn | None]) -> bool:
    before, after = burns
    if before is None or after is None or old.currency != new.currency:
        return False
    return before.a_point_minor != after.a_point_minor


def _worth(points: int, burn: Burn) -> int:
    """Answer what points are worth in whole minor units, rounded half up."""
    return math.floor(points * burn.a_point_minor + Fraction(1, 2))


def _side(replay: Replay, burn: Burn | None) -> Side:
    return Side(
        program=replay.program,
        totals=replay.totals,
        burn=burn,
        liability_minor=None if burn is None else _worth(replay.totals.points, burn),
    )


def _moved(differences: Iterable[int]) -> Moved:
    ranked = sorted(differences)
    if not ranked:
        return Moved(members=0, p50=0, p90=0)
    p50, p90 = (ranked[math.ceil(len(ranked) * percent / 100) - 1] for percent in (50, 90))
    return Moved(members=len(ranked), p50=p50, p90=p90)

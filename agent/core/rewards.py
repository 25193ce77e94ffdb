"""What points buy: every reward of a program for one member and one basket, with the reason.

Cost: one step per reward of the program, and for those that name lines a look at each line; beside
rewards that are held for the same basket already, some more (``combining``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import ConfigDict

from agent.core.basket import Sale
from agent.core.combining import Basket, Chosen, why_not_alone, why_not_together
from agent.core.free_rewards import NOBODY
from agent.core.point_words import PointWords
from agent.core.program import Discount, Program, Reward
from agent.core.proving import points_provable, why_not_proved
from agent.core.tokens import PROOFS, Proof
from agent.core.values import Code, Label

__all__ = [
    "Offer",
    "Shown",
    "Spendable",
    "Toward",
    "cost_of",
    "offers",
    "reward_of",
    "toward",
    "why_not_for",
]


_UNKNOWN = ""
_TOO_SMALL = "the basket is too small"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spendable:
    """A member's balance and what of it is usable here and now, in whole points.

    ``why_less`` says in a cashier's words why the rest is not, where there is such a rest.
    """

    balance: int
    usable: int
    why_less: Label | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Who asks for a reward, when and with what: the member's tier, the business date, and what the
    card proves. What is left out is not known. ``free`` says why each reward that costs nothing
    cannot be had, as ``free_rewards`` does; of a member's who is not known, none can.
    """

    tier: str | None = _UNKNOWN
    day: date | None = None
    proof: Proof | None = None
    free: Mapping[str, str | None] = field(default_factory=dict)


NOTHING_SHOWN = Shown()


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A reward as a till shows it. ``why`` says why not, or what it is where it is ``available``;
    ``text`` says what it is in any case.

    Points as a discount are one offer, with the most that is usable now.
    """

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    reward: Code
    """The reward's id in the program."""
    cost_points: int
    """Whole points that it costs; 0 where an occasion brings it."""
    value_minor: int | None
    """What it takes off the basket, in minor units; null where it is a thing."""
    available: bool
    """Whether it can be had here and now."""
    why: Label
    """Why not; or what it is, where it is available."""
    text: Label
    """What it is, in the program's first language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Toward:
    """The reward that comes next, and how many points are missing for it."""

    reward: Code
    short: int
    text: Label


def offers(
    program: Program,
    points: Spendable,
    basket: Sale | None = None,
    shown: Shown = NOTHING_SHOWN,
    beside: Sequence[Chosen] = (),
) -> tuple[Offer, ...]:
    """List what a member's points would buy, for a basket where there is one.

    ``shown`` says who asks, when and with what; what is not known of that refuses nothing.
    ``beside`` are the rewards that are held for the basket already. With a basket ``value_minor``
    of what can be had is what comes off this basket, beside those.
    """
    asked = _Asked(
        program=program,
        points=points,
        basket=None if basket is None else Basket.of(basket),
        shown=shown,
        beside=beside,
    )
    listed = [_of_reward(reward, asked) for reward in program.reward]
    if program.discount is not None:
        listed.insert(0, _of_discount(program.discount, asked))
    return tuple(listed)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """All that a reward is judged by."""

    program: Program
    points: Spendable
    basket: Basket | None
    shown: Shown
    beside: Sequence[Chosen]

    @property
    def points_beside(self) -> int:
        """The points that are held for the same basket already."""
        return sum(each.points for each in self.beside)

    def why_not_proved(self, points: int) -> str | None:
        """Say why so many more points need a card that proves more."""
        return why_not_proved(self.program, self.points_beside + points, self.shown.proof)

    def why_not_beside(self, rule: Reward | Discount, points: int) -> str | None:
        """Say why a reward does not go with what is held already."""
        if not self.beside:
            return None
        chosen = Chosen(rule=rule, points=points)
        return why_not_together(self.program, (*self.beside, chosen), self.basket)


def toward(program: Program, balance: int, shown: Shown = NOTHING_SHOWN) -> Toward | None:
    """Answer the cheapest reward that a balance does not reach yet; None where it reaches all.

    One of other tiers than ``shown`` says, or whose last day is over, is not on anybody's way.
    """
    listed = [
        (reward.cost_points, reward.id, reward.text)
        for reward in program.reward
        if not reward.is_free and _is_for(reward, shown) and not _is_over(reward, shown.day)
    ]
    if (discount := program.discount) is not None:
        listed.append((discount.least, discount.id, discount.text))
    ahead = [each for each in listed if each[0] > balance]
    if not ahead:
        return None
    cost_points, reward, text = min(ahead)
    return Toward(reward=reward, short=cost_points - balance, text=text)


def why_not_for(reward: Reward, shown: Shown) -> str | None:
    """Say why a member cannot have a reward however many points there are."""
    if not _is_for(reward, shown):
        return "not for this tier"
    if shown.day is not None and not reward.is_there_on(shown.day):
        return "not on this day"
    if shown.proof is not None and PROOFS.index(shown.proof) < PROOFS.index(reward.proof):
        return "this card proves too little for it"
    return None


def _is_for(reward: Reward, shown: Shown) -> bool:
    return not reward.tiers or shown.tier == _UNKNOWN or shown.tier in reward.tiers


def _is_over(reward: Reward, day: date | None) -> bool:
    return day is not None and reward.last_day is not None and reward.last_day < day


def reward_of(program: Program, reward: str) -> Reward | None:
    """Find a reward of the catalogue; None where there is none of that name."""
    return next((each for each in program.reward if each.id == reward), None)


def cost_of(program: Program, reward: str) -> int | None:
    """Answer what a reward of the catalogue costs, in points; None where there is none."""
    found = reward_of(program, reward)
    return None if found is None else found.cost_points


def _of_reward(reward: Reward, asked: _Asked) -> Offer:
    basket, cost = asked.basket, reward.cost_points
    why_not = (
        why_not_for(reward, asked.shown)
        or (asked.shown.free.get(reward.id, NOBODY) if reward.is_free else None)
        or _why_short(cost, asked)
        or (None if reward.is_free else asked.why_not_proved(cost))
        or (None if basket is None else why_not_alone(reward, basket))
        or asked.why_not_beside(reward, cost)
    )
    value_minor = reward.value_minor
    if value_minor and basket is not None and why_not is None:
        value_minor = min(value_minor, basket.takes_minor(reward, asked.beside))
    return Offer(
        reward=reward.id,
        cost_points=cost,
        value_minor=value_minor,
        available=why_not is None,
        why=reward.text if why_not is None else why_not,
        text=reward.text,
    )


def _of_discount(discount: Discount, asked: _Asked) -> Offer:
    """Offer the most whole steps that the points cover and the basket takes."""
    usable = asked.points.usable
    provable = points_provable(asked.program.limits, asked.shown.proof)
    if provable is not None:
        usable = min(usable, provable - asked.points_beside)
    points = max(0, usable) // discount.step * discount.step
    if asked.basket is not None:
        takes_minor = asked.basket.takes_minor(discount, asked.beside)
        points = min(points, takes_minor // discount.off_minor(discount.step) * discount.step)
    cost = max(points, discount.least)
    why_not = asked.why_not_beside(discount, cost)
    if points < discount.least:
        why_not = (
            _why_short(cost, asked)
            or asked.why_not_proved(cost)
            or (asked.basket and why_not_alone(discount, asked.basket, discount.off_minor(cost)))
            or why_not
            or _TOO_SMALL
        )
    return Offer(
        reward=discount.id,
        cost_points=cost,
        value_minor=discount.off_minor(cost),
        available=why_not is None,
        why=discount.text if why_not is None else why_not,
        text=discount.text,
    )


def _why_short(cost_points: int, asked: _Asked) -> str | None:
    """Say what is missing of the points: on the balance, or the right to spend them."""
    points = asked.points
    if cost_points <= points.usable:
        return None
    words = PointWords.in_first(asked.program)
    short = cost_points - points.balance
    if short > 0:
        return f"{words.counted(short, more=True)} needed"
    return points.why_less or f"these {words.many} cannot be spent now"

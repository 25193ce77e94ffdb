"""What points buy: every reward of a program for one member and one basket, with the reason.

Cost: one step per reward of the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import ConfigDict

from agent.core.basket import Sale
from agent.core.free_rewards import NOBODY
from agent.core.program import Discount, Program, Reward
from agent.core.program.burning import PROOFS, Proof
from agent.core.values import Code, Label

__all__ = ["Offer", "Shown", "Spendable", "Toward", "cost_of", "offers", "toward"]


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
    program: Program, points: Spendable, basket: Sale | None = None, shown: Shown = NOTHING_SHOWN
) -> tuple[Offer, ...]:
    """List what a member's points would buy, for a basket where there is one.

    ``shown`` says who asks, when and with what; what is not known of that refuses nothing.
    """
    listed = [_of_reward(reward, points, basket, shown) for reward in program.reward]
    if program.discount is not None:
        listed.insert(0, _of_discount(program.discount, points, basket))
    return tuple(listed)


def toward(program: Program, balance: int) -> Toward | None:
    """Answer the cheapest reward that a balance does not reach yet; None where it reaches all."""
    listed = [
        (reward.cost_points, reward.id, reward.text)
        for reward in program.reward
        if not reward.is_free
    ]
    if program.discount is not None:
        least = max(program.discount.minimum, program.discount.step)
        listed.append((least, program.discount.id, program.discount.text))
    ahead = [each for each in listed if each[0] > balance]
    if not ahead:
        return None
    cost_points, reward, text = min(ahead)
    return Toward(reward=reward, short=cost_points - balance, text=text)


def cost_of(program: Program, reward: str) -> int | None:
    """Answer what a reward of the catalogue costs, in points; None where there is none."""
    return next((each.cost_points for each in program.reward if each.id == reward), None)


def _of_reward(reward: Reward, points: Spendable, basket: Sale | None, shown: Shown) -> Offer:
    why_not = (
        _why_nobody(reward, shown)
        or (shown.free.get(reward.id, NOBODY) if reward.is_free else None)
        or (
            None
            if reward.cost_points <= max(0, points.usable)
            else _why_not(reward.cost_points, points)
        )
        or (None if basket is None else _why_no_fit(reward, basket))
    )
    return Offer(
        reward=reward.id,
        cost_points=reward.cost_points,
        value_minor=reward.value_minor,
        available=why_not is None,
        why=reward.text if why_not is None else why_not,
        text=reward.text,
    )


def _why_nobody(reward: Reward, shown: Shown) -> str | None:
    """Say why a member cannot have a reward however many points there are."""
    if reward.tiers and shown.tier != _UNKNOWN and shown.tier not in reward.tiers:
        return "not for this tier"
    if shown.day is not None and not reward.is_there_on(shown.day):
        return "not on this day"
    if shown.proof is not None and PROOFS.index(shown.proof) < PROOFS.index(reward.proof):
        return "this card proves too little for it"
    return None


def _why_no_fit(reward: Reward, basket: Sale) -> str | None:
    if basket.total_minor < reward.minimum_basket_minor:
        return _TOO_SMALL
    if reward.takes_any or any(reward.takes(line) for line in basket.lines):
        return None
    return "nothing in the basket is what it is for"


def _of_discount(discount: Discount, has: Spendable, basket: Sale | None) -> Offer:
    """Offer the most whole steps that the points cover and the basket takes."""
    points = max(0, has.usable) // discount.step * discount.step
    if basket is not None:
        step_minor = discount.step * discount.worth_minor // discount.points
        takes_minor = basket.total_minor * discount.most_percent // 100
        if basket.total_minor < discount.minimum_basket_minor:
            takes_minor = 0
        points = min(points, takes_minor // step_minor * discount.step)
    available = points >= max(discount.minimum, discount.step)
    cost = points if available else max(discount.minimum, discount.step)
    return Offer(
        reward=discount.id,
        cost_points=cost,
        value_minor=cost * discount.worth_minor // discount.points,
        available=available,
        why=discount.text if available else _why_not(cost, has),
        text=discount.text,
    )


def _why_not(cost_points: int, points: Spendable) -> str:
    """Say what is missing: points on the balance, the right to spend them, or a larger basket."""
    short = cost_points - points.balance
    if short > 0:
        return f"{short} more {'point' if short == 1 else 'points'} needed"
    if cost_points > points.usable:
        return points.why_less or "these points cannot be spent now"
    return _TOO_SMALL

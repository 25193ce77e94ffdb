"""Wishes: what a member wants to redeem, and what it costs."""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core.instant import BusinessDate
from agent.core.program import Discount, Program
from agent.core.rewards import cost_of
from agent.core.tokens import How
from agent.core.values import Code, Value, example
from agent.ledger import HoldRow
from agent.till.members import TokenText
from agent.till.refusals import NotRedeemable, UnknownReward

__all__ = ["Part", "Wish", "price"]


class Wish(Value):
    """What a member wants to redeem: a reward of the program, or so many points as a discount."""

    model_config = example(
        {"token": "em4100:0C000621A5", "reward": "coffee", "lane": "1", "cashier": "ana"}
    )

    token: TokenText
    """The card: `scheme:value`, the bare number, or `phone:` and a number."""
    entry: How = "read"
    """Whether the card was read, or its number typed."""
    reward: Code | None = None
    """A reward's id; or else `points`."""
    points: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None
    """Whole points to take off as a discount; or else `reward`."""
    sale_id: Code | None = None
    """The sale that it is for, where it is known."""
    lane: Code | None = None
    """The lane it is held at."""
    cashier: Code | None = None
    """Who holds it."""
    business_date: BusinessDate | None = None
    """The shop's day: what the member has pending until it is active first. Else the one said
    last."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.reward is None) == (self.points is None):
            raise ValueError("name either a reward or points")
        return self


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """So many of the points that a redemption holds."""

    points: int
    program: Program

    def of(self, held: HoldRow) -> int:
        """Answer the points that are spent. Raises NotRedeemable.

        Of a discount whole steps can be spent, and no fewer than can be held; a reward of the
        catalogue is one whole thing.
        """
        if not 0 < self.points <= held.points:
            raise NotRedeemable(f"it holds {held.points} points, not {self.points}")
        if self.points == held.points:
            return self.points
        if held.reward is not None:
            raise NotRedeemable("a reward is spent whole; give it back or capture all of it")
        discount = self.program.discount
        return self.points if discount is None else _in_steps(discount, self.points)


def price(program: Program, wish: Wish) -> int:
    """Answer what a wish costs, in points. Raises UnknownReward, NotRedeemable."""
    if wish.reward is not None:
        if program.discount is not None and wish.reward == program.discount.id:
            raise NotRedeemable(f"'{wish.reward}' takes money off: name points, not a reward")
        cost = cost_of(program, wish.reward)
        if cost is None:
            raise UnknownReward(f"the program has no reward '{wish.reward}'")
        return cost
    if program.discount is None or wish.points is None:
        raise NotRedeemable("this program takes no points as a discount")
    return _in_steps(program.discount, wish.points)


def _in_steps(discount: Discount, points: int) -> int:
    if points < discount.minimum or points % discount.step:
        raise NotRedeemable(
            f"points are redeemed in steps of {discount.step}, from {discount.minimum}"
        )
    return points

"""What a POS says came back of a sale: some of its lines, or so much of its total; and what that
leaves.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, NamedTuple, Self, TypedDict

from pydantic import Field, model_validator

from agent.core.basket import Quantity
from agent.core.facts.sales import ReturnedLine
from agent.core.instant import BusinessDate
from agent.core.taking_back import Share, share_left
from agent.core.values import Code, Value, example
from agent.ledger import KnownSale
from agent.till.members import TokenText

__all__ = ["Back", "BackLine", "Left", "SaidBy", "by_whom", "left_by_amount"]


class BackLine(Value):
    """A line of the sale that comes back: its index, and how much of it as a decimal text."""

    line: Annotated[int, Field(strict=True, ge=0, lt=10_000)]
    """Index of the line in the sale, from 0."""
    quantity: Quantity
    """How much of it: a decimal text above zero, up to three places."""

    @model_validator(mode="after")
    def _something_came_back(self) -> Self:
        if Decimal(self.quantity) == 0:
            raise ValueError("quantity must be above zero")
        return self


class Back(Value):
    """What comes back: lines of the sale, or so much of its total."""

    model_config = example({"lines": [{"line": 0, "quantity": "1"}], "lane": "1", "cashier": "ana"})

    lines: Annotated[tuple[BackLine, ...], Field(max_length=10_000)] = ()
    """The lines that come back; or else `amount_minor`."""
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=10**12)] | None = None
    """How much of the total comes back, in minor units; or else `lines`."""
    token: TokenText | None = None
    """The card of whoever brings it, where one was shown."""
    lane: Code | None = None
    """The lane that takes it back."""
    cashier: Code | None = None
    """Who takes it back."""
    business_date: BusinessDate | None = None
    """The day it counts on: `YYYY-MM-DD`; else the one the POS said last."""
    elsewhere: Annotated[bool, Field(strict=True)] = False
    """true: a sale that is not known here was another store's; head office works out its points."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.elsewhere and self.amount_minor is None:
            raise ValueError("of another store's sale name amount_minor: its lines are not here")
        if bool(self.lines) == (self.amount_minor is not None):
            raise ValueError("name either lines or amount_minor")
        if len({each.line for each in self.lines}) < len(self.lines):
            raise ValueError("a line is named twice")
        return self

    def asks_for(self, lines: Iterable[ReturnedLine], amount_minor: int | None) -> bool:
        """Say whether this asks for the same lines, in whatever order and digits, and amount."""
        mine, others = (_amounts(each) for each in (self.lines, lines))
        return (mine, self.amount_minor) == (others, amount_minor)

    @property
    def returned(self) -> tuple[ReturnedLine, ...]:
        """The lines as an entry holds them."""
        return tuple(ReturnedLine(line=each.line, quantity=each.quantity) for each in self.lines)


class Left(NamedTuple):
    """What all returns together leave of a sale: points that it earned, money in minor units,
    points that were redeemed for it, and that by which stamps and a referral are judged again.
    """

    points: int
    minor: int
    redeemed: int
    share: Share


def left_by_amount(sale: KnownSale, amounts_minor: int) -> Left:
    """Answer what is left of a sale where so much money came back of it, and no lines."""
    came_back, left_minor = (sale.total_minor, amounts_minor), sale.total_minor - amounts_minor
    return Left(
        share_left(sale.points, *came_back),
        left_minor,
        share_left(sale.redeemed - sale.rewarded, *came_back) + sale.rewarded,
        Share(kept=None, total_minor=sale.total_minor, left_minor=left_minor),
    )


class SaidBy(TypedDict):
    """What the entries of a void and of a return say alike of who took it back, and where."""

    lane: str | None
    cashier: str | None


def by_whom(sale: KnownSale, lane: str | None, cashier: str | None) -> SaidBy:
    """Answer who took it back: where nobody says, it counts where the sale was."""
    if sale.recorded is not None and not (lane and cashier):
        summary = sale.recorded[0].summary
        lane, cashier = lane or summary.lane, cashier or summary.cashier
    return SaidBy(lane=lane, cashier=cashier)


def _amounts(lines: Iterable[BackLine | ReturnedLine]) -> dict[int, Decimal]:
    """Answer how much of each line; ``1`` and ``1.000`` are one quantity."""
    return {each.line: Decimal(each.quantity) for each in lines}

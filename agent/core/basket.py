"""A sale as the POS hands it over: lines bought, tenders paid, whose card.

Everything is checked here once, and nothing below checks it again: money in whole minor units,
quantities above zero, and one total that the lines and the tenders both add up to.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from agent.core.instant import BusinessDate, Instant
from agent.core.tokens import Token, TokenRefused
from agent.core.values import Code, Minor, Text, Value

__all__ = ["CURRENCY_FORM", "REWARD", "Currency", "Line", "Sale", "Tender"]

CURRENCY_FORM = r"^[A-Z]{3}$"

Currency = Annotated[str, StringConstraints(strict=True, pattern=CURRENCY_FORM)]
"""ISO 4217 alphabetic code."""

_TenderKind = Literal["cash", "card", "points", "voucher", "gift_card", "other"]

REWARD = "reward"
"""The category of lines that points bought; no program lets them earn."""

_QUANTITY = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"


class Line(Value):
    """One line of a basket. ``amount_minor`` is what was paid: after discount, tax included.

    ``quantity`` is a decimal text with up to three places, above zero; fuel is in litres.
    """

    sku: Code
    description: Text = ""
    category: Code
    quantity: Annotated[str, StringConstraints(strict=True, pattern=_QUANTITY)]
    unit_price_minor: Minor
    amount_minor: Minor
    discount_minor: Minor = 0
    tax_minor: Minor = 0

    @property
    def is_reward(self) -> bool:
        """Whether the line is what points bought."""
        return self.category == REWARD

    @model_validator(mode="after")
    def _something_was_sold(self) -> Self:
        if Decimal(self.quantity) == 0:
            raise ValueError("quantity must be above zero")
        return self


class Tender(Value):
    """One way the basket was paid. Change given back may be a negative cash tender."""

    kind: _TenderKind
    amount_minor: Minor


class Sale(Value):
    """A basket that was paid. Its ``sale_id`` is minted by the POS and travels beside it."""

    lane: Code
    cashier: Code
    business_date: BusinessDate
    occurred_at: Instant
    currency: Currency
    token: Annotated[str, StringConstraints(strict=True, max_length=128)] | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=10_000)]
    tenders: Annotated[tuple[Tender, ...], Field(max_length=100)]
    total_minor: Annotated[Minor, Field(ge=0)]
    redemptions: Annotated[tuple[Code, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        lines_minor = sum(line.amount_minor for line in self.lines)
        tenders_minor = sum(tender.amount_minor for tender in self.tenders)
        if not lines_minor == tenders_minor == self.total_minor:
            raise ValueError(
                f"lines add up to {lines_minor}, tenders to {tenders_minor}, "
                f"total_minor says {self.total_minor}"
            )
        return self

    @property
    def card(self) -> Token | None:
        """The card that was shown; None where there was none, or what was read is no card."""
        try:
            return None if self.token is None else Token.parse(self.token)
        except TokenRefused:
            return None

    @property
    def paid_with_points_minor(self) -> int:
        """What of the other lines was not paid with money.

        Points pay by a tender or by a reward line below zero. A reward line above zero, such as a
        coffee that a tender of points pays for, is not one of the other lines.
        """
        tendered = sum(each.amount_minor for each in self.tenders if each.kind == "points")
        rewards = sum(line.amount_minor for line in self.lines if line.is_reward)
        return max(0, max(0, tendered) - rewards)

    @property
    def is_paid_with_points(self) -> bool:
        """Whether points paid for something: by a tender, or by a reward line of any amount."""
        return self.paid_with_points_minor > 0 or any(line.is_reward for line in self.lines)

    def canonical(self) -> bytes:
        """Encode as a journal entry holds it: compact JSON, absent values left out."""
        return _SALES.dump_json(self, exclude_none=True)

    def same_basket(self, other: "Sale") -> bool:
        """Say whether a retry carries the same purchase.

        A POS that restarts may send the sale from another lane, under another cashier or with a
        new time stamp; what was bought, how it was paid, the day and the card make it the sale.
        """
        moved = {"lane": other.lane, "cashier": other.cashier, "occurred_at": other.occurred_at}
        return self.model_copy(update=moved) == other


_SALES = TypeAdapter(Sale)

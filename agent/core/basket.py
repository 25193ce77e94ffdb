"""A sale as the POS hands it over: lines bought, tenders paid, whose card.

Everything is checked here once, and nothing below checks it again: money in whole minor units,
quantities above zero, and one total that the lines and the tenders both add up to.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from agent.core.instant import BusinessDate, Instant
from agent.core.tokens import Token, TokenRefused
from agent.core.values import Code, Minor, Text, Value, example

__all__ = [
    "CURRENCY_FORM",
    "QUANTITY_FORM",
    "REWARD",
    "Currency",
    "Line",
    "Quantity",
    "Sale",
    "Tender",
]

CURRENCY_FORM = r"^[A-Z]{3}$"

Currency = Annotated[str, StringConstraints(strict=True, pattern=CURRENCY_FORM)]
"""ISO 4217 alphabetic code."""

_TenderKind = Literal["cash", "card", "points", "voucher", "gift_card", "other"]

REWARD = "reward"
"""The category of lines that points bought; no program lets them earn."""

QUANTITY_FORM = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"

Quantity = Annotated[str, StringConstraints(strict=True, pattern=QUANTITY_FORM)]
"""A decimal text with up to three places."""


_MILK = {
    "sku": "4011",
    "description": "Milk",
    "category": "grocery",
    "quantity": "3.000",
    "unit_price_minor": 475,
    "amount_minor": 1425,
}


class Line(Value):
    """One line of a basket."""

    sku: Code
    """The shop's own number of the article."""
    description: Text = ""
    """What the receipt calls it."""
    category: Code
    """The article's group, by which rules exclude; `reward` is what points bought."""
    quantity: Quantity
    """A decimal text above zero with up to three places; fuel is in litres."""
    unit_price_minor: Minor
    """The price of one, in minor units; it is not checked."""
    amount_minor: Minor
    """What was paid for the line in minor units: after discount, tax included."""
    discount_minor: Minor = 0
    """The discount that is off the amount already, in minor units."""
    tax_minor: Minor = 0
    """The tax that is in the amount, in minor units."""

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
    """How it was paid."""
    amount_minor: Minor
    """How much, in minor units; change given back is below zero."""


class Sale(Value):
    """A basket that was paid. Its ``sale_id`` is minted by the POS and travels beside it."""

    model_config = example(
        {
            "lane": "1",
            "cashier": "ana",
            "business_date": "2026-11-21",
            "occurred_at": "2026-11-21T14:05:09+01:00",
            "currency": "USD",
            "token": "em4100:0C000621A5",
            "lines": [_MILK],
            "tenders": [{"kind": "cash", "amount_minor": 1425}],
            "total_minor": 1425,
        }
    )

    lane: Code
    """The lane that sells."""
    cashier: Code
    """Who sells."""
    business_date: BusinessDate
    """The day the sale belongs to, as the POS says: `YYYY-MM-DD`."""
    occurred_at: Instant
    """When it happened: RFC 3339 with an offset."""
    currency: Currency
    """ISO 4217, three capitals; all `_minor` are in it."""
    token: Annotated[str, StringConstraints(strict=True, max_length=128)] | None = None
    """The card: `scheme:value`, the bare number, or `phone:` and a number; null without."""
    lines: Annotated[tuple[Line, ...], Field(max_length=10_000)]
    """What was bought; the amounts add up to `total_minor`."""
    tenders: Annotated[tuple[Tender, ...], Field(max_length=100)]
    """How it was paid; the amounts add up to `total_minor`."""
    total_minor: Annotated[Minor, Field(ge=0)]
    """What the basket came to, in minor units."""
    redemptions: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    """Ids of held redemptions that this sale captures."""

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

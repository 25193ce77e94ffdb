"""Facts about sales: what they earned, and what was taken back."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

from agent.core.accumulate import Because
from agent.core.basket import Sale
from agent.core.facts.base import Count, FactBase, Negative, Some
from agent.core.referring import Referred
from agent.core.rewards import Toward
from agent.core.stamp_cards import Collected
from agent.core.tiers import Standing
from agent.core.values import Code, Points, WrittenToken

__all__ = [
    "AccumulatePoints",
    "AccumulatePromotionPoints",
    "ClaimSale",
    "ReturnPromotionPoints",
    "ReturnSale",
    "ReturnedLine",
    "SaleFlag",
    "SaleStatus",
    "SaleSummary",
    "VoidSale",
]

SaleStatus = Literal["accumulated", "no_card", "unknown_card"]
SaleFlag = Literal[
    "currency_mismatch",
    "card_over_and_over",
    "points_not_redeemed",
    "points_withheld",
    "date_ahead",
    "reward_does_not_fit",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnedLine:
    """A line of the sale that came back: its index, and how much of it as a decimal text."""

    line: Count
    quantity: Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?\Z")]


class SaleSummary(Struct, frozen=True):
    """A basket as a whole. ``business_date`` is as it stands in the entry, ``YYYY-MM-DD``."""

    lane: str
    cashier: str
    business_date: str
    currency: str
    total_minor: int


_SUMMARIES = Decoder(SaleSummary)


class AccumulatePoints(FactBase, frozen=True, kw_only=True, tag="ACCUMULATE_POINTS"):
    """A sale was committed, with what it earned and the balance it left.

    ``account`` is absent where no known card was shown; the sale is still a fact, with 0 points.
    Points are pending where ``pending_until`` names the first business date on which they are not.
    ``redeemed`` are the points that redemptions took for it. ``tier`` is the one it was judged in,
    ``standing`` where the member stands since, if that is news; ``promotions`` name those of the
    reasons that are no earn rules, and ``spend_minor`` is the money that counts toward tiers, where
    the program counts any. ``referral`` is what the sale gives because its member was brought: the
    friend's part is among ``because``, the other's an entry of their own. ``occurred_s`` says
    that the sale counts toward the program's limit of sales an hour, and when it was, in seconds
    since 1970. ``stamps`` are the stamp cards that it added to, ``zones`` those in which the member
    was seen that day, where the program has a promotion for such a visit.
    """

    sale_id: Code
    sale_json: Raw = field(name="sale")
    status: SaleStatus
    account: Code | None = None
    program: str
    points: Count
    because: tuple[Because, ...]
    balance: Points | None = None
    flags: tuple[SaleFlag, ...]
    pending_until: date | None = None
    tier: Code | None = None
    lease: Count = 0
    pending: Count | None = None
    toward: Toward | None = None
    redeemed: Count = 0
    standing: Standing | None = None
    promotions: tuple[Code, ...] = ()
    spend_minor: Count | None = None
    referral: Referred | None = None
    occurred_s: int | None = None
    stamps: tuple[Collected, ...] = ()
    zones: tuple[Code, ...] = ()

    @property
    def sale(self) -> Sale:
        """The basket, read from its bytes: some 50 µs, so ask only where it is needed."""
        return Sale.model_validate_json(bytes(self.sale_json))

    @property
    def summary(self) -> SaleSummary:
        """What the basket comes to, without reading its lines: a few µs."""
        return _SUMMARIES.decode(self.sale_json)


class AccumulatePromotionPoints(
    FactBase, frozen=True, kw_only=True, tag="ACCUMULATE_PROMOTION_POINTS"
):
    """A promotion gave points: a bonus on a sale, a welcome, a birthday, a referral."""

    account: Code
    promotion: Code
    points: Some
    because: tuple[Because, ...]
    sale_id: Code | None = None
    balance: Points | None = None
    pending_until: date | None = None
    lease: Count = 0


class ReturnPromotionPoints(FactBase, frozen=True, kw_only=True, tag="RETURN_PROMOTION_POINTS"):
    """What a promotion gave for another member's sale is taken back with that sale: the points of
    who brought a friend.
    """

    account: Code
    promotion: Code
    sale_id: Code
    from_active: Count = 0
    from_pending: Count = 0
    balance: Points | None = None
    lane: Code | None = None
    cashier: Code | None = None
    lease: Negative = 0


class ClaimSale(FactBase, frozen=True, kw_only=True, tag="CLAIM_SALE"):
    """A card was shown after the sale; the sale earns now what it would have earned then.

    ``flags`` say what the sale's own entry could not know; ``tier`` and what follows are as of a
    sale. ``sold_on`` is the sale's business date, where the entry has another: it counts on that.
    """

    sale_id: Code
    account: Code
    token: WrittenToken
    program: str
    points: Count
    because: tuple[Because, ...]
    balance: Points | None = None
    pending_until: date | None = None
    lane: Code | None = None
    cashier: Code | None = None
    lease: Count = 0
    pending: Count | None = None
    toward: Toward | None = None
    flags: tuple[SaleFlag, ...] = ()
    tier: Code | None = None
    standing: Standing | None = None
    promotions: tuple[Code, ...] = ()
    spend_minor: Count | None = None
    sold_on: date | None = None
    referral: Referred | None = None
    occurred_s: int | None = None
    stamps: tuple[Collected, ...] = ()
    zones: tuple[Code, ...] = ()


# A void ends with the fields that a return ends with, yet they share no base: a base's fields come
# first in the bytes, and the order of these stands in journals for good.


class ReturnSale(FactBase, frozen=True, kw_only=True, tag="RETURN_SALE"):
    """Part of a sale came back: what it earned is taken back, what it redeemed given back.

    ``amount_minor`` is what this return is worth of the sale's total; ``without_customer`` says
    that a member's sale came back and nobody showed a card of theirs, ``date_ahead`` that it was
    said to be on a day that has not come. ``withheld`` are the points that would have been given
    back, had the account room for them; ``pending`` are the account's that still wait. ``referrer``
    names who loses with it what the sale had given them, and ``referral_points`` are those of the
    friend among what is taken. ``stamps`` are the stamp cards that it took from.
    """

    sale_id: Code
    return_id: Code
    amount_minor: Count
    lines: tuple[ReturnedLine, ...] = ()
    account: Code | None = None
    from_active: Count = 0
    from_pending: Count = 0
    given_back: Count = 0
    balance: Points | None = None
    lane: Code | None = None
    cashier: Code | None = None
    lease: Negative = 0
    without_customer: bool = False
    withheld: Count = 0
    pending: Count | None = None
    date_ahead: bool = False
    referrer: Code | None = None
    referral_points: Count = 0
    stamps: tuple[Collected, ...] = ()


class VoidSale(FactBase, frozen=True, kw_only=True, tag="VOID_SALE"):
    """A whole sale was called off; ``withheld``, ``pending``, ``date_ahead``, ``stamps`` and what
    is said of a referral are as of a return.

    ``without_customer`` says that it was a member's and of an earlier day: a return in all but
    name, and a void shows no card.
    """

    sale_id: Code
    account: Code | None = None
    from_active: Count = 0
    from_pending: Count = 0
    given_back: Count = 0
    balance: Points | None = None
    lane: Code | None = None
    cashier: Code | None = None
    lease: Negative = 0
    withheld: Count = 0
    pending: Count | None = None
    date_ahead: bool = False
    without_customer: bool = False
    referrer: Code | None = None
    referral_points: Count = 0
    stamps: tuple[Collected, ...] = ()

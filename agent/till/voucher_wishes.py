"""What a till asks for about vouchers: that points become one, and that one is used."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Discriminator, Field, StringConstraints, Tag

from agent.core.instant import BusinessDate
from agent.core.tokens import How
from agent.core.values import Code, Value, example
from agent.till.members import TokenText
from agent.till.wishes import Wish

__all__ = ["SORTS", "AnyWish", "CodeText", "VoucherOrder", "VoucherWish"]

CodeText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]
"""A voucher's code as it is typed: in any case, with blanks and dashes or without."""

_OF_POINTS, _OF_A_VOUCHER = "of_points", "of_a_voucher"


class VoucherOrder(Value):
    """So many of a member's points that are to become a voucher."""

    model_config = example(
        {"token": "em4100:0C000621A5", "points": 250, "lane": "1", "cashier": "ana"}
    )

    token: TokenText
    """The card: `scheme:value`, the bare number, or `phone:` and a number."""
    entry: How = "read"
    """Whether the card was read, or its number typed."""
    points: Annotated[int, Field(strict=True, ge=1, le=10**9)]
    """Whole points to turn into the voucher."""
    partner: bool = False
    """Whether it is for a partner of the program; it cannot be used here then."""
    lane: Code | None = None
    """The lane it is asked for at."""
    cashier: Code | None = None
    """Who asks for it."""
    business_date: BusinessDate | None = None
    """The shop's day, from which its time runs. Else the one said last."""


class VoucherWish(Value):
    """A voucher that somebody wants to use. It needs no card: whoever has the code may."""

    model_config = example({"voucher": "7H3K-PQ9D-2MXA-V", "lane": "1", "cashier": "ana"})

    voucher: CodeText
    """Its code, as it was typed or scanned."""
    sale_id: Code | None = None
    """The sale that it is for, where it is known."""
    lane: Code | None = None
    """The lane it is held at."""
    cashier: Code | None = None
    """Who holds it."""
    business_date: BusinessDate | None = None
    """The shop's day, on which the voucher has to be good. Else the one said last."""


SORTS: Mapping[str, type[Value]] = MappingProxyType({_OF_POINTS: Wish, _OF_A_VOUCHER: VoucherWish})
"""The two sorts of wish by names that are in no body, only where pydantic says what is wrong."""


def _sort_of(body: Any) -> str:
    if isinstance(body, dict):
        return _OF_A_VOUCHER if "voucher" in body else _OF_POINTS
    return _OF_A_VOUCHER if isinstance(body, VoucherWish) else _OF_POINTS


AnyWish = Annotated[
    Annotated[Wish, Tag(_OF_POINTS)] | Annotated[VoucherWish, Tag(_OF_A_VOUCHER)],
    Discriminator(_sort_of),
]
"""What a redemption may be of: points, or a voucher where one is named."""

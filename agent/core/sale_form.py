"""A quick look whether the sale inside an entry is the canonical form of a sale.

Head office asks this of every sale of every device. :meth:`Entry.check_sale` builds the sale and
writes it again, which costs more than all else that is done with an entry. What is plain at a
glance is settled here, in a tenth of that: the fields in order with nothing left to choose, codes
that are codes, times as they are written most often, sums that add up. Whatever is not plain goes
the long way; so this accepts nothing that the long way would refuse.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints

__all__ = ["check_sale", "is_plain_sale"]

_LARGEST = 10**12

_Code = Annotated[str, Meta(min_length=1, max_length=64)]
_Minor = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST)]


class _Line(Struct, frozen=True, forbid_unknown_fields=True):
    sku: _Code
    description: Annotated[str, Meta(max_length=200)]
    category: _Code
    quantity: str
    unit_price_minor: _Minor
    amount_minor: _Minor
    discount_minor: _Minor
    tax_minor: _Minor


class _Tender(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["cash", "card", "points", "voucher", "gift_card", "other"]
    amount_minor: _Minor


class _Sale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lane: _Code
    cashier: _Code
    business_date: str
    occurred_at: str
    currency: str
    token: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    lines: Annotated[tuple[_Line, ...], Meta(max_length=10_000)]
    tenders: Annotated[tuple[_Tender, ...], Meta(max_length=100)]
    total_minor: Annotated[int, Meta(ge=0, le=_LARGEST)]
    redemptions: Annotated[tuple[_Code, ...], Meta(max_length=100)]


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Sale)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    _DAY.pattern + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(Z|[+-](?!00:00)([01][0-9]|2[0-3]):[0-5][0-9])",
    re.ASCII,
)
_QUANTITY = re.compile(r"(?![0.]+\Z)[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def check_sale(entry: Entry) -> None:
    """Hold that the sale inside, where there is one, is the canonical form of a sale.

    Some 10 µs where that is plain. Raises MalformedEntry.
    """
    if isinstance(entry.fact, AccumulatePoints) and not is_plain_sale(entry.fact.sale_json):
        entry.check_sale()


def is_plain_sale(sale_json: bytes | msgspec.Raw) -> bool:
    """Say whether bytes are, at a glance, the canonical form of a sale."""
    canonical = bytes(sale_json)
    if b"\\" in canonical:  # what is escaped may be any character
        return False
    try:
        sale = _DECODER.decode(canonical)
        if _ENCODER.encode(sale) != canonical:
            return False
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return False
    return (
        _adds_up(sale)
        and _has_plain_codes(sale)
        and _is_day(sale.business_date)
        and _is_moment(sale.occurred_at)
        and _CURRENCY.fullmatch(sale.currency) is not None
        and all(map(_is_quantity, (line.quantity for line in sale.lines)))
    )


def _adds_up(sale: _Sale) -> bool:
    lines_minor = sum([line.amount_minor for line in sale.lines])
    return lines_minor == sale.total_minor == sum([tender.amount_minor for tender in sale.tenders])


def _has_plain_codes(sale: _Sale) -> bool:
    codes = "".join(
        [
            sale.lane,
            sale.cashier,
            *sale.redemptions,
            *[line.sku for line in sale.lines],
            *[line.category for line in sale.lines],
        ]
    )
    return codes.isascii() and codes.isprintable() and " " not in codes


@lru_cache(maxsize=4096)
def _is_quantity(text: str) -> bool:
    return _QUANTITY.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    # The clock's digits are bounded by the pattern; the day may still not exist.
    return _MOMENT.fullmatch(text) is not None and _is_day(text[:10])

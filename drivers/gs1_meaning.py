"""What GS1 elements mean at a till, wherever they stood: in a symbol, in a link, on a tag.

AI 8018 is a member, 8017 a member of staff, who is none; 01 is a product with its lot (10), expiry
(17) and serial (21).

>>> meaning_of({"01": "5901234123457", "17": "271200"}, this_year=2026)
ProductRead(gtin='5901234123457', lot=None, expiry='2027-12-31', serial=None)
>>> meaning_of({"8018": "06141411234567890"}, this_year=2026)
RefusedFrame(reason='length')
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping

from agent.core.gs1 import as_printed, check_digit_holds
from agent.core.tokens import Token
from drivers.events import Event, ProductRead, Reason, RefusedFrame, TokenRead
from drivers.payment_cards import holds_payment_card

__all__ = ["meaning_of"]

_GSRN_DIGITS = (18,)
_GTIN_DIGITS = (8, 12, 13, 14)


def meaning_of(elements: Mapping[str, str], *, this_year: int) -> Event:
    """Answer whom or what elements name. ``this_year`` says which century an expiry means.

    A key is whatever was written, the other values such as their AI may have.
    """
    for name in ("8017", "8018"):
        if name in elements:
            return _service_relation(name, elements[name])
    # What says what a case holds (00, 02) is no product in a customer's hand.
    if "01" not in elements:
        texts = (value for name, value in elements.items() if name != "00")
        return RefusedFrame(reason="payment_card" if _any_payment(texts) else "unknown")
    until = elements.get("17")
    expiry = None if until is None else _date(until, this_year)
    if until is not None and expiry is None:
        return RefusedFrame(reason="unknown")
    return _product(
        elements["01"], lot=elements.get("10"), expiry=expiry, serial=elements.get("21")
    )


def _service_relation(name: str, number: str) -> Event:
    if fault := _fault(number, _GSRN_DIGITS):
        return _refused(fault, number)
    if name == "8017":
        return RefusedFrame(reason="provider_gsrn")
    return TokenRead(token=Token("gsrn", number))


def _product(gtin: str, *, lot: str | None, expiry: str | None, serial: str | None) -> Event:
    if fault := _fault(gtin, _GTIN_DIGITS):
        return _refused(fault, gtin)
    gtin_14 = gtin.zfill(14)
    gtin = as_printed(gtin_14)
    # Fourteen digits, those of a case, may be a payment card's even where the check digit fits.
    if _any_payment(text for text in (lot, serial, gtin if gtin == gtin_14 else None) if text):
        return RefusedFrame(reason="payment_card")
    return ProductRead(gtin=gtin, lot=lot, expiry=expiry, serial=serial)


def _fault(digits: str, lengths: tuple[int, ...]) -> Reason | None:
    if not (digits.isascii() and digits.isdigit()):
        return "framing"
    if len(digits) not in lengths:
        return "length"
    return None if check_digit_holds(digits) else "check_digit"


def _refused(reason: Reason, text: str) -> Event:
    return RefusedFrame(reason="payment_card" if holds_payment_card(text) else reason)


def _any_payment(texts: Iterable[str]) -> bool:
    return any(holds_payment_card(text) for text in texts)


def _date(digits: str, this_year: int) -> str | None:
    """YYMMDD as an ISO date; day 00 is the month's last (General Specifications, section 3.4.7).

    The year lies within 49 years back and 50 ahead (section 7.12).
    """
    year = this_year - this_year % 100 + int(digits[:2])
    if year - this_year > 50:
        year -= 100
    elif year - this_year < -49:
        year += 100
    month, day = int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    return f"{year}-{month:02}-{day or last:02}" if day <= last else None

r"""Barcode scanners on a serial line, 9600 baud 8N1: a scan, and CR, LF, both, or silence.

Many scanners put an AIM symbology id before the data (ISO/IEC 15424), which says what was scanned:

>>> parser = BarcodeParser(member_prefixes=("29",))
>>> [event.token.value for event in parser.feed(b"]C18018061414112345678902\r")]
['061414112345678902']
>>> parser.feed(b"]E05901234123457\r\n")
[ProductRead(gtin='5901234123457', lot=None, expiry=None, serial=None)]

================================== =========================================================
GS1: ]C1 ]d2 ]Q3 ]e0 ]J1 ]z1       element strings: AI 8018 a member (token ``gsrn``), 8017
                                   staff (refused ``provider_gsrn``), 01 a product with lot
                                   (10), expiry (17) and serial (21)
EAN/UPC: ]E0, ]E3 with add-on, ]E4 a product, or the card of a member where its prefix says so
ITF of 14 digits: ]I0 ]I1          a product
any other, or no id at all         a GS1 Digital Link; digits, as below; else ``unknown``
================================== =========================================================

Digits alone, where no id says that they are something else: 18 with a right check digit are a GSRN,
22 that begin with 8018 or 8017 the element string of one; without an id 13 are an EAN-13 and must
have a right check digit, and 12 or 8 that have one are UPC-A or EAN-8. All others are ``card``.

A GTIN has one form whatever carried it, the one that an article file is keyed by: 13 digits; UPC-A
with a zero before it, as ]E0 sends it; 8 of an EAN-8; 14 only of a case, which has no 13. So the 14
digits of AI 01 lose the zeros that fill them up (GS1 General Specifications, section 3.3.2).

A payment card's number is refused, and no lot or serial carries one out. Ten in a hundred EAN-13
could be one of the old numbers of 13 digits by their Luhn digit: a right check digit decides.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from agent.core.gs1 import check_digit_holds
from agent.core.tokens import Token, TokenRefused
from drivers.digital_link import elements_of
from drivers.events import Event, ProductRead, Reason, RefusedFrame, TokenRead
from drivers.gs1_meaning import meaning_of
from drivers.lines import Lines
from drivers.payment_cards import holds_payment_card
from drivers.scanners.element_strings import GROUP_SEPARATOR, element_strings

__all__ = ["BAUD", "LONGEST_SCAN", "BarcodeParser"]

BAUD = 9600
LONGEST_SCAN = 256

_MEANINGS_MOST = 512
_UNTOLD_MOST = 16
"""AIM id, AIs and separators of a product's code; with an AI before it no payment card fits in."""

_AIM_ID = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_IDS = frozenset({"]C1", "]d2", "]Q3", "]e0", "]J1", "]z1"})
_EAN, _EAN_AND_ADD_ON, _EAN_8, _ITF = "]E0", "]E3", "]E4", "]I"
_ADD_ON_DIGITS = (2, 5)
_DIGITS = {_EAN: (12, 13), _EAN_8: (8,)}  # some scanners leave the zero of UPC-A out

_NOISE = re.compile(r"[\x00-\x03\x05-\x1c\x1f\x7f]")  # 1D, 1E and 04 stand in ISO/IEC 15434's
_GSRN_ELEMENT = re.compile(r"801[78][0-9]{18}")
_GTIN_ELEMENT = re.compile(r"01[0-9]{14}")
_MOST_PAYMENT_DIGITS = 19


class BarcodeParser:
    """Finds scans in a stream. Holds at most one, and what the last few hundred meant.

    ``member_prefixes`` are ranges of in-store EAN-13 that are member cards. ``this_year`` tells
    which century the two digits of an expiry mean.
    """

    def __init__(
        self,
        *,
        member_prefixes: Sequence[str] = (),
        this_year: Callable[[], int] = lambda: datetime.now(UTC).year,
    ) -> None:
        self._lines = Lines(longest=LONGEST_SCAN)
        self._member_prefixes = tuple(member_prefixes)
        self._this_year = this_year
        self._year = this_year()
        # The same articles come by all day. What a scan said beyond them is not remembered.
        self._meanings: dict[bytes, Event] = {}

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every scan that ended in them."""
        return self._judged(self._lines.feed(data))

    def idle(self) -> list[Event]:
        """Learn that the line fell silent, which ends a scan of a scanner that sends no CR LF."""
        scan = self._lines.rest()
        return self._judged([scan]) if scan else []

    def _judged(self, scans: list[bytes]) -> list[Event]:
        if scans and self._this_year() != self._year:
            self._year = self._this_year()
            self._meanings.clear()
        meanings = self._meanings
        return [meanings.get(scan) or self._learnt(scan) for scan in scans]

    def _learnt(self, scan: bytes) -> Event:
        event = self._judge(scan)
        if len(scan) - _told_length(event) <= _UNTOLD_MOST:
            if len(self._meanings) == _MEANINGS_MOST:
                self._meanings.clear()
            self._meanings[scan] = event
        return event

    def _judge(self, scan: bytes) -> Event:
        if len(scan) > LONGEST_SCAN:
            return RefusedFrame(reason="length")
        try:
            text = scan.decode("utf-8").strip(" \t")
        except UnicodeDecodeError:
            return RefusedFrame(reason="framing")
        if _NOISE.search(text):
            return RefusedFrame(reason="framing")
        aim = _AIM_ID.match(text)
        if aim is None:
            return self._unnamed(text)
        return self._named(aim.group(), text[aim.end() :])

    def _named(self, aim: str, text: str) -> Event:
        is_digits = text.isascii() and text.isdigit()
        if aim in _GS1_IDS:
            return self._elements(text)
        if aim == _EAN_AND_ADD_ON and is_digits and len(text) - 13 in _ADD_ON_DIGITS:
            aim, text = _EAN, text[:13]
        if aim in (_EAN, _EAN_8):
            if not is_digits or len(text) not in _DIGITS[aim]:
                return _refused("length" if is_digits else "framing", text)
            return self._ean(text) if check_digit_holds(text) else _refused("check_digit", text)
        if aim.startswith(_ITF) and len(text) == 14 and is_digits and check_digit_holds(text):
            return meaning_of({"01": text}, this_year=self._year)
        return self._plain(text)

    def _unnamed(self, text: str) -> Event:
        if not (text.isascii() and text.isdigit()):
            if GROUP_SEPARATOR in text or _GTIN_ELEMENT.match(text):
                return self._elements(text)
            return self._plain(text)
        if len(text) == 13 and not check_digit_holds(text):
            return _refused("check_digit", text)
        if len(text) in (8, 12, 13) and check_digit_holds(text):
            return self._ean(text)
        return self._plain(text)

    def _ean(self, digits: str) -> Event:
        if len(digits) == 8:
            return ProductRead(gtin=digits)
        ean_13 = digits.zfill(13)
        if ean_13.startswith(self._member_prefixes):
            return TokenRead(token=Token("ean13", ean_13))
        return ProductRead(gtin=ean_13)

    def _plain(self, text: str) -> Event:
        if not (text.isascii() and text.isdigit()):
            elements = elements_of(text)
            return (
                _refused("unknown", text)
                if elements is None
                else meaning_of(elements, this_year=self._year)
            )
        if len(text) == 18 and check_digit_holds(text):
            return TokenRead(token=Token("gsrn", text))
        if _GSRN_ELEMENT.fullmatch(text):
            return self._elements(text)
        if len(text) == 13 and text.startswith(self._member_prefixes) and check_digit_holds(text):
            return self._ean(text)
        if len(text) > _MOST_PAYMENT_DIGITS and holds_payment_card(text):
            return RefusedFrame(reason="payment_card")
        try:
            return TokenRead(token=Token.parse(f"card:{text}"))
        except TokenRefused as refused:
            is_payment = str(refused) == "payment_card"
            return RefusedFrame(reason="payment_card" if is_payment else "unknown")

    def _elements(self, text: str) -> Event:
        elements = element_strings(text)
        return (
            _refused("unknown", text)
            if elements is None
            else meaning_of(elements, this_year=self._year)
        )


def _told_length(event: Event) -> int:
    """How many bytes of a scan became what it is told as."""
    match event:
        case TokenRead(token=token):
            return len(token.value)
        case ProductRead(gtin=gtin, lot=lot, expiry=expiry, serial=serial):
            return len(gtin) + len(lot or "") + len(serial or "") + (len("YYMMDD") if expiry else 0)
        case _:
            return -LONGEST_SCAN


def _refused(reason: Reason, text: str) -> Event:
    return RefusedFrame(reason="payment_card" if holds_payment_card(text) else reason)

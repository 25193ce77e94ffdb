"""Cards for a PC/SC reader, by what somebody types: a chip's number, a member's, or a signing one.

>>> [nfc_card_from(text).form for text in ("DEADBEEF", "061414112345678902")]
['uid', 'type2']
>>> nfc_card_from("type4:061414112345678902").about
'type4 gsrn:**************8902'
"""

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from agent.core.tokens import Token, TokenRefused
from drivers.virtual.cards import Type2Card, UidCard, VirtualCard
from drivers.virtual.tags import text_record
from drivers.virtual.type_4 import Ntag424Card, Type4Card

__all__ = ["NfcCard", "nfc_card_from", "virtual_card"]

Form = Literal["uid", "type2", "type4", "sdm"]

_SAY = (
    "a card is a member's number, such as 061414112345678902, written on a Type 2 tag, "
    "type4:NUMBER on a Type 4, uid:HEX a chip's number of 4, 7 or 10 bytes, "
    "or sdm:HEX one of 7 bytes that signs"
)
_UID_DIGITS, _CHIP_DIGITS = (8, 14, 20), 14
_MOST_DIGITS = 32
_TAP_S, _COUNTERS = 4, 1 << 24


@dataclass(frozen=True, slots=True)
class NfcCard:
    """One card: what kind it is, and the number of its chip or the one that is written on it."""

    form: Form
    token: Token

    @property
    def about(self) -> str:
        """Name it as a log may."""
        masked = self.token.masked
        return masked if self.form in ("uid", "sdm") else f"{self.form} {masked}"


def nfc_card_from(text: str) -> NfcCard:
    """Take what somebody typed. Raises ValueError saying what to type."""
    form, colon, number = text.strip().partition(":")
    match form.lower() if colon else "":
        case "uid":
            return NfcCard("uid", _chip("uid", number, _UID_DIGITS))
        case "sdm":
            return NfcCard("sdm", _chip("sdm", number, (_CHIP_DIGITS,)))
        case "type2":
            return NfcCard("type2", _written(number))
        case "type4":
            return NfcCard("type4", _written(number))
        case "gsrn" | "card":
            return NfcCard("type2", _written(text.strip()))
        case "" if len(form) in _UID_DIGITS:
            return NfcCard("uid", _chip("uid", form, _UID_DIGITS))
        case "":
            return NfcCard("type2", _written(form))
        case _:
            raise ValueError(_SAY)


def _chip(scheme: str, number: str, digits: tuple[int, ...]) -> Token:
    if len(number) not in digits:
        raise ValueError(_SAY)
    try:
        return Token.parse(f"{scheme}:{number}")
    except TokenRefused:
        raise ValueError(_SAY) from None


def _written(number: str) -> Token:
    """Take a number that a store may write on a card."""
    try:
        token = Token.parse(number)
    except TokenRefused:
        raise ValueError(_SAY) from None
    if not token.value.isdigit() or len(token.value) > _MOST_DIGITS:
        raise ValueError(_SAY)
    return token


def virtual_card(card: NfcCard, *, meta_key: bytes, file_key: bytes) -> VirtualCard:
    """Make the card, with a chip number of its own where another number is written on it.

    The counter of one that signs begins where the clock says, one for each four seconds: a reader
    takes only a higher one than it saw last, also from an emulator that was started again.
    """
    number = card.token.value
    match card.form:
        case "uid":
            return UidCard(bytes.fromhex(number))
        case "sdm":
            counter = int(time.time() / _TAP_S) % _COUNTERS
            uid = bytes.fromhex(number)
            return Ntag424Card(uid, meta_key=meta_key, file_key=file_key, counter=counter)
        case "type2":
            return Type2Card(_made_up(number), text_record(number))
        case "type4":
            return Type4Card(_made_up(number), text_record(number))


def _made_up(number: str) -> bytes:
    return b"\x04" + sha256(number.encode()).digest()[:6]

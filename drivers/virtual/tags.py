"""Tags to lay on virtual readers: what a card of a given token looks like to the air.

>>> tag_of(Token("uid", "0416C6C2D73881")).uid.hex()
'0416c6c2d73881'
>>> gsrn_epc(Token("gsrn", "061414112345678902")).hex()
'2d14257bf4499602d2000000'
"""

from dataclasses import dataclass
from hashlib import sha256

from agent.core.tokens import Token
from drivers.tags.epc import gsrn_96

__all__ = ["NO_NDEF", "Tag", "gsrn_epc", "ntag213", "tag_of", "text_record"]

_PAGE_BYTES = 4
_NTAG213_PAGES = 45
_AREA_BYTES = 144
_CONTAINER = bytes.fromhex("E1101200")
_LOCKS = bytes.fromhex("0103A00C34")  # as it leaves the factory
_PREFIX_DIGITS = 7

NO_NDEF = bytes(_PAGE_BYTES * _NTAG213_PAGES)
"""The memory of an NTAG213 that nobody ever wrote to."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A card of ISO/IEC 14443-3 type A: its number, and where it is of type 2 its memory.

    ``sak`` is 00 for type 2 (NTAG, Ultralight), 08 for a MIFARE Classic, 20 for a Type 4.
    """

    uid: bytes
    memory: bytes = NO_NDEF
    sak: int = 0x00


def text_record(text: str) -> bytes:
    """Answer the message of one record with a short text of ASCII."""
    return b"\xd1\x01" + bytes([len(text) + 3]) + b"T\x02en" + text.encode("ascii")


def ntag213(uid: bytes, text: str) -> Tag:
    """Answer an NTAG213 on which one text stands, as a store's own cards are written."""
    record = text_record(text)
    area = (_LOCKS + b"\x03" + bytes([len(record)]) + record + b"\xfe").ljust(_AREA_BYTES, b"\x00")
    memory = bytes(3 * _PAGE_BYTES) + _CONTAINER + area
    return Tag(uid, memory.ljust(_PAGE_BYTES * _NTAG213_PAGES, b"\x00"))


def tag_of(token: Token) -> Tag:
    """Answer the card of a token: a bare one of that UID, or one on which the number stands."""
    if token.scheme == "uid":
        return Tag(bytes.fromhex(token.value))
    return ntag213(b"\x04" + sha256(token.value.encode()).digest()[:6], token.value)


def gsrn_epc(token: Token, *, prefix_digits: int = _PREFIX_DIGITS) -> bytes:
    """Answer the EPC of a member's card, whose company prefix has so many digits."""
    return gsrn_96(token.value, prefix_digits=prefix_digits)

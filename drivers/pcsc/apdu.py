"""Commands to a card and what answers them (ISO/IEC 7816-4; PC/SC part 3 for those of class FF).

An answer is data and two bytes of status. Only ``9000`` is one to use; what a reader says instead
differs from maker to maker, and all of it means that there is nothing:

>>> data_of(bytes.fromhex("04112233449000")).hex(), data_of(bytes.fromhex("6300"))
('0411223344', None)

The commands of class FF are the reader's, which no card hears:

======================= ============================================================
``FFCA000000``          the number of the card
``FFB0`` block length   16 bytes of a memory card from there on
``FFEF00000230`` page   the same of an Identiv reader, which else gives four bytes only
``FF82`` place 06 key   a key into the reader, where it stays until it is switched off
``FF86`` …              have the card's sector opened with it
======================= ============================================================
"""

from collections.abc import Generator
from typing import Literal, TypeVar

__all__ = [
    "GET_UID",
    "NDEF_APPLICATION",
    "PIECE_BYTES",
    "Family",
    "KeyKind",
    "Talk",
    "data_of",
    "is_absent",
    "load_key",
    "open_block",
    "read_16",
    "read_file",
    "select_file",
]

Family = Literal["pcsc", "identiv"]
"""How a reader is told to read a memory card: as PC/SC has it, or as Identiv's readers need it."""

KeyKind = Literal["A", "B"]

PIECE_BYTES = 16
"""What one reading command answers of a memory card."""

GET_UID = bytes.fromhex("FFCA000000")
NDEF_APPLICATION = bytes.fromhex("00A4040007D276000085010100")
"""Select the application of the NFC Forum (Type 4 Tag 2.0, section 5.5.1)."""

_WELL = b"\x90\x00"
# No such application or file; commands that the card does not know at all.
_ABSENT = frozenset(bytes.fromhex(each) for each in ("6A81", "6A82", "6A86", "6D00", "6E00"))
_KEY_BYTES = 6
_IDENTIV_KEY = 0x01

T = TypeVar("T")
Talk = Generator[bytes, bytes, T]
"""Yields commands, is sent their answers, and returns what it found out."""


def data_of(answer: bytes) -> bytes | None:
    """Answer the data of a command that went well; nothing where it did not."""
    return answer[:-2] if answer[-2:] == _WELL else None


def is_absent(answer: bytes) -> bool:
    """Say whether a card answered that it has no such thing, and did not merely fail."""
    return answer in _ABSENT


def read_16(block: int, family: Family = "pcsc") -> bytes:
    """Read 16 bytes: a block of a Classic, or four pages of a Type 2 tag."""
    if family == "identiv":
        return bytes.fromhex("FFEF00000230") + bytes([block])
    return bytes([0xFF, 0xB0, 0x00, block, PIECE_BYTES])


def load_key(key: bytes, place: bytes) -> bytes:
    """Bring a key of six bytes into the reader; ``place`` is P1 and P2, which its manual tells."""
    return b"\xff\x82" + place + bytes([_KEY_BYTES]) + key


def open_block(block: int, kind: KeyKind, place: bytes, family: Family = "pcsc") -> bytes:
    """Have a block's sector opened with the key that was loaded."""
    number = _IDENTIV_KEY if family == "identiv" else place[1]
    return bytes.fromhex("FF860000050100") + bytes([block, 0x60 if kind == "A" else 0x61, number])


def select_file(name: bytes) -> bytes:
    """Select a file of the application by its two bytes."""
    return bytes.fromhex("00A4000C02") + name


def read_file(at: int, count: int) -> bytes:
    """Read up to 255 bytes of the file that is selected; ``at`` is below 32768."""
    return bytes([0x00, 0xB0, at >> 8, at & 0xFF, count])

"""The block of a MIFARE Classic with a member's number.

The key is loaded into the reader, the block's sector opened with it, and the block read. Its 16
bytes are a number, filled up behind, which names a card as if a cashier had typed it:

=========  =============================================================================
``ascii``  the digits as characters, then zero bytes, blanks or FF: 16 digits at most
``bcd``    two digits to the byte, the first in its high half, then F to the end: a GSRN
           of 18 digits fits, 06 14 14 11 23 45 67 89 02 FF FF FF FF FF FF FF
=========  =============================================================================

Where a block is configured, a Classic that does not open or holds no such number is ``unreadable``
and never known by its UID: a blank card bought anywhere has one too. The cipher of these cards was
broken in 2008, so what stands on one proves no more than a number that was typed.

>>> number_in(b"0000401829" + bytes(6), "ascii")
'0000401829'
>>> number_in(bytes.fromhex("061414112345678902FFFFFFFFFFFFFF"), "bcd")
'061414112345678902'
"""

import re

from drivers.events import Event, RefusedFrame
from drivers.naming import guessed
from drivers.pcsc.apdu import PIECE_BYTES, Family, Talk, data_of, load_key, open_block, read_16
from drivers.pcsc.plan import ClassicBlock, Writing

__all__ = ["is_trailer", "number_in", "said_by_block"]

_UNREADABLE = RefusedFrame(reason="unreadable")
_ASCII = re.compile(rb"([0-9]{4,16})(?:\x00*| *|\xff*)")
_BCD = re.compile(r"([0-9]{4,18})f+")
_LARGE_SECTORS_FROM, _LARGE, _SMALL = 128, 16, 4


def is_trailer(block: int) -> bool:
    """Say whether a block holds its sector's keys, and no number."""
    return block % (_SMALL if block < _LARGE_SECTORS_FROM else _LARGE) == (
        _SMALL - 1 if block < _LARGE_SECTORS_FROM else _LARGE - 1
    )


def number_in(block: bytes, writing: Writing) -> str | None:
    """Read the number of a block, of at least four digits; nothing where it holds none."""
    if writing == "bcd":
        packed = _BCD.fullmatch(block.hex())
        digits = packed[1] if packed else ""
    else:
        characters = _ASCII.fullmatch(block)
        digits = characters[1].decode("ascii") if characters else ""
    return digits if digits.strip("0") else None  # zeros alone are a block nobody wrote


def said_by_block(wanted: ClassicBlock, family: Family) -> Talk[list[Event]]:
    """Open the block and name who it names."""
    for command in (
        load_key(wanted.key, wanted.place),
        open_block(wanted.block, wanted.key_kind, wanted.place, family),
    ):
        if data_of((yield command)) is None:
            return [_UNREADABLE]
    data = data_of((yield read_16(wanted.block)))
    if data is None or len(data) != PIECE_BYTES:
        return [_UNREADABLE]
    number = number_in(data, wanted.writing)
    return [_UNREADABLE if number is None else guessed(number)]

"""What parsers are fed: cards that all differ, one card that rests, and noise, each seeded.

Cards that all differ are the worst honest case. No queue shows as many, and nothing that a parser
remembers of one helps it with the next.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.events import Event, Parser
from drivers.readers import em4100, pn532_frames, uhf18, wiegand
from drivers.readers.pn532 import Pn532Parser
from drivers.scanners.barcode import BarcodeParser
from drivers.tags import epc, ndef

__all__ = ["PARSED", "SEED", "Feed", "Parsed"]

SEED = 1
_AT_ONCE = 4_096
"""Bytes of a piece: the most that one read of a port takes."""

Feed = Callable[[bytes], int]
"""Takes bytes as a device sent them, and answers how many events they were."""

_GIVEN = b"\x4b\x01\x01\x00\x44\x00\x07"
"""What a PN532 says before a UID of seven bytes: one card of type A, an NTAG."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """One parser: what is sent to it for a card, and the expression that only finds frames."""

    name: str
    make: Callable[[], Feed]
    card: Callable[[random.Random], bytes]
    frame: re.Pattern[bytes]

    def cards(self, size: int) -> bytes:
        """Build so many bytes of cards that all differ."""
        dice = random.Random(SEED)  # noqa: S311 - a stream to be the same again
        return _filled(size, (self.card(dice) for _ in count()))

    def resting(self, size: int) -> bytes:
        """Build so many bytes of one card."""
        card = self.card(random.Random(SEED))  # noqa: S311 - the same
        return _filled(size, (card for _ in count()))


def _filled(size: int, frames: Iterator[bytes]) -> bytes:
    """Join frames until they are ``size`` bytes or more; none is cut."""
    stream = bytearray()
    while len(stream) < size:
        stream += next(frames)
    return bytes(stream)


def _stream(make: Callable[[], Parser]) -> Callable[[], Feed]:
    """Feed a parser in the pieces in which a port hands them out."""

    def begin() -> Feed:
        parser = make()

        def feed(data: bytes) -> int:
            pieces = (data[at : at + _AT_ONCE] for at in range(0, len(data), _AT_ONCE))
            return sum(len(parser.feed(piece)) for piece in pieces) + len(parser.idle())

        return feed

    return begin


def _each(decode: Callable[[bytes], list[Event]], size: int) -> Callable[[], Feed]:
    """Have each so many bytes decoded by themselves, as a tag's memory is."""

    def feed(data: bytes) -> int:
        return sum(len(decode(data[at : at + size])) for at in range(0, len(data), size))

    return lambda: feed


def _em4100(dice: random.Random) -> bytes:
    return em4100.frame(Token("em4100", f"{dice.getrandbits(40):010X}"))


def _wiegand(dice: random.Random) -> bytes:
    return wiegand.line_of(Token("wiegand", f"{dice.getrandbits(8)}-{dice.getrandbits(16)}"))


def _uid(dice: random.Random) -> bytes:
    return pn532_frames.frame(_GIVEN + b"\x04" + dice.randbytes(6), host=False)


def _gsrn(dice: random.Random) -> str:
    return with_check_digit(f"{dice.randrange(10**17):017}")


def _epc(dice: random.Random) -> bytes:
    return epc.gsrn_96(_gsrn(dice), prefix_digits=7)


def _scan(dice: random.Random) -> bytes:
    return f"]C18018{_gsrn(dice)}\r\n".encode()


def _memory(dice: random.Random) -> bytes:
    """A whole NTAG213 with the address of a member."""
    address = b"\x04club.example.test/8018/" + _gsrn(dice).encode()
    message = b"\xd1\x01" + bytes([len(address)]) + b"U" + address
    area = b"\x03" + bytes([len(message)]) + message + b"\xfe"
    return bytes(12) + b"\xe1\x10\x12\x00" + area.ljust(_NTAG213 - 16, b"\0")


_NTAG213 = 160

PARSED = (
    Parsed(
        name="em4100",
        make=_stream(em4100.Em4100Parser),
        card=_em4100,
        frame=re.compile(rb"\x02([0-9A-F]{12})\x03"),
    ),
    Parsed(
        name="em4100, bare",
        make=_stream(em4100.Em4100GapParser),
        card=lambda dice: _em4100(dice)[1:-1],
        frame=re.compile(rb"[0-9A-F]{12}"),
    ),
    Parsed(
        name="wiegand",
        make=_stream(wiegand.WiegandParser),
        card=_wiegand,
        frame=re.compile(rb"[0-9]{10}\r\n"),
    ),
    Parsed(
        name="pn532",
        make=_stream(Pn532Parser),
        card=_uid,
        frame=re.compile(rb"\x00\x00\xff\x0f\xf1.{16}\x00", re.DOTALL),
    ),
    Parsed(
        name="uhf18",
        make=_stream(uhf18.UhfReader18Parser),
        card=lambda dice: uhf18.report(_epc(dice)),
        frame=re.compile(rb"\x11.{17}", re.DOTALL),
    ),
    Parsed(
        name="barcode",
        make=_stream(BarcodeParser),
        card=_scan,
        frame=re.compile(rb"\]C18018[0-9]{18}\r\n"),
    ),
    Parsed(
        name="epc",
        make=_each(epc.events_of_memory, epc.EPC_BYTES),
        card=_epc,
        frame=re.compile(rb"\x2d.{11}", re.DOTALL),
    ),
    Parsed(
        name="ndef",
        make=_each(ndef.events_of_memory, _NTAG213),
        card=_memory,
        frame=re.compile(rb".{12}\xe1.{147}", re.DOTALL),
    ),
)
"""Every parser whose bytes carry a number of their own. ``sdm`` is cryptography and ``atr`` a
table.
"""

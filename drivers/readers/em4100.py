"""EM4100 (125 kHz) readers on a serial line: RDM6300, ID-2/12/20LA, and EM-18 by idle gap.

9600 baud 8N1. A frame is STX, ten hex digits, two hex digits that XOR the five bytes before them,
an optional CR LF, ETX (ID-2/12/20LA datasheet, 11 April 2013, page 4; an RDM6300 leaves CR LF
out). EM-18 sends the twelve characters bare, and only the silence around them frames them.

>>> parser = Em4100Parser()
>>> parser.feed(b"8E\\x03\\x020C0006")          # a stream that starts in mid-frame
[RefusedFrame(reason='framing')]
>>> parser.feed(b"21A58E\\x03")[0].token
Token(em4100:******21A5)
"""

import re

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, TokenRead

__all__ = ["BAUD", "FRAME_CHARACTERS", "Em4100GapParser", "Em4100Parser", "frame"]

BAUD = 9600
FRAME_CHARACTERS = 12

_STX, _ETX, _LINE_ENDS = b"\x02", b"\x03", b"\r\n"
_MOST_INSIDE = FRAME_CHARACTERS + len(_LINE_ENDS)
_NO_HEX = re.compile(rb"[^0-9A-Fa-f]")
_WHOLE = re.compile(rb"([0-9A-Fa-f]{12})(?:\r\n)?\x03")

# Twelve characters, or fewer where a control byte or the end of all comes before.
_BARE = re.compile(rb"[^\x02\x03\r\n]{1,12}")

_CHECKSUM = RefusedFrame(reason="checksum")
_FRAMING = RefusedFrame(reason="framing")
_LENGTH = RefusedFrame(reason="length")


def frame(token: Token, *, line_end: bool = False) -> bytes:
    """Build the frame a reader sends for ``token``; ``line_end`` adds the CR LF of an ID-12."""
    checksum = 0
    for byte in bytes.fromhex(token.value):
        checksum ^= byte
    body = f"{token.value}{checksum:02X}".encode()
    return _STX + body + (_LINE_ENDS if line_end else b"") + _ETX


class Em4100Parser:
    """Finds STX … ETX frames in a stream that may start, stop or break anywhere.

    Stray bytes between frames are refused once per run; line ends there are nothing. Holds at
    most one frame. Linear in the bytes fed.
    """

    def __init__(self) -> None:
        self._held = b""  # a frame from its STX on
        self._straying = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every frame that ended in them."""
        stray, *begun = (self._held + data).split(_STX)
        self._held = b""
        events: list[Event] = []
        self._pass_over(stray, events)
        for inside in begun:
            if self._held:
                events.append(_FRAMING)  # another STX before its ETX
            self._held, self._straying = b"", False
            whole = _WHOLE.fullmatch(inside)  # nearly every one that there is
            if whole is None:
                self._take(inside, events)
            else:
                events.append(_read(whole[1]))
        return events

    def idle(self) -> list[Event]:
        """Give up a frame whose ETX never came."""
        unfinished, self._held, self._straying = bool(self._held), b"", False
        return [_FRAMING] if unfinished else []

    def _take(self, inside: bytes, events: list[Event]) -> None:
        """Take what stands between an STX and the next: a frame, and what strays behind it."""
        end = inside.find(_ETX, 0, _MOST_INSIDE + 1)
        if end >= 0:
            events.append(_judge(inside[:end].removesuffix(_LINE_ENDS)))
            self._pass_over(inside[end + 1 :], events)
        elif len(inside) > _MOST_INSIDE:  # longer than any frame: noise until the next STX
            events.append(_LENGTH)
            self._straying = True
        else:
            self._held = _STX + inside

    def _pass_over(self, stray: bytes, events: list[Event]) -> None:
        if not self._straying and stray.strip(_LINE_ENDS):
            self._straying = True
            events.append(_FRAMING)


class Em4100GapParser:
    """Frames bare characters: twelve make a frame, and silence or a control byte ends one early."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every frame that ended in them."""
        stream = self._held + data
        self._held = b""
        events: list[Event] = []
        for found in _BARE.finditer(stream):
            characters = found.group()
            if len(characters) == FRAME_CHARACTERS:
                events.append(_judge(characters))
            elif found.end() < len(stream):
                events.append(_LENGTH)
            else:
                self._held = characters
        return events

    def idle(self) -> list[Event]:
        """Give up a frame that stayed short."""
        short, self._held = bool(self._held), b""
        return [_LENGTH] if short else []


def _judge(characters: bytes) -> Event:
    if _NO_HEX.search(characters):
        return _FRAMING
    return _read(characters) if len(characters) == FRAME_CHARACTERS else _LENGTH


def _read(characters: bytes) -> Event:
    """Read twelve hexadecimal digits: all six bytes give zero by XOR, as the sixth is that of five.

    In one number, as a loop over bytes would be half of a parser's work.
    """
    number = int(characters, 16)
    halves = number ^ number >> 24
    if (halves ^ halves >> 8 ^ halves >> 16) & 0xFF:
        return _CHECKSUM
    return TokenRead(token=Token("em4100", characters[:10].decode("ascii").upper()))

"""EM4100 (125 kHz) readers on a serial line: RDM6300, ID-2/12/20LA, and EM-18 by idle gap.

9600 baud 8N1. A frame is STX, ten hex digits, two hex digits that XOR the five bytes before them,
an optional CR LF, ETX (ID-2/12/20LA datasheet, 11 April 2013, page 4; an RDM6300 leaves CR LF
out). EM-18 sends the twelve characters bare, and only the silence around them frames them.

>>> parser = Em4100Parser()
>>> parser.feed(b"8E\\x03\\x020C0006")          # a stream that starts in mid-frame
[RefusedFrame(reason='framing')]
>>> parser.feed(b"21A58E\\x03")
[TokenRead(token=Token(em4100:******21A5), counter=None)]
"""

from agent.core.tokens import Token
from drivers.events import Event, Reason, RefusedFrame, TokenRead

__all__ = ["BAUD", "FRAME_CHARACTERS", "Em4100GapParser", "Em4100Parser", "frame"]

BAUD = 9600
FRAME_CHARACTERS = 12

_STX, _ETX = 0x02, 0x03
_LINE_ENDS = b"\r\n"
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def frame(token: Token, *, line_end: bool = False) -> bytes:
    """Build the frame a reader sends for ``token``; ``line_end`` adds the CR LF of an ID-12."""
    checksum = 0
    for byte in bytes.fromhex(token.value):
        checksum ^= byte
    body = f"{token.value}{checksum:02X}".encode()
    return bytes([_STX]) + body + (_LINE_ENDS if line_end else b"") + bytes([_ETX])


class Em4100Parser:
    """Finds STX … ETX frames in a stream that may start, stop or break anywhere.

    Stray bytes between frames are refused once per run; line ends there are nothing. Holds at
    most one frame. Linear in the bytes fed.
    """

    def __init__(self) -> None:
        self._frame: bytearray | None = None  # None: between frames
        self._straying = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every frame that ended in them."""
        events: list[Event] = []
        for byte in data:
            if byte == _STX:
                if self._frame is not None:
                    events.append(RefusedFrame(reason="framing"))
                self._frame, self._straying = bytearray(), False
            elif self._frame is None:
                if not self._straying and byte not in _LINE_ENDS:
                    self._straying = True
                    events.append(RefusedFrame(reason="framing"))
            elif byte == _ETX:
                events.append(_judge(_without_line_end(bytes(self._frame))))
                self._frame = None
            elif len(self._frame) < FRAME_CHARACTERS + len(_LINE_ENDS):
                self._frame.append(byte)
            else:  # longer than any frame: what follows is noise until the next STX
                events.append(RefusedFrame(reason="length"))
                self._frame, self._straying = None, True
        return events

    def idle(self) -> list[Event]:
        """Give up a frame whose ETX never came."""
        unfinished, self._frame, self._straying = self._frame is not None, None, False
        return [RefusedFrame(reason="framing")] if unfinished else []


class Em4100GapParser:
    """Frames bare characters: twelve make a frame, and silence or a control byte ends one early."""

    def __init__(self) -> None:
        self._characters = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every frame that ended in them."""
        events: list[Event] = []
        for byte in data:
            if byte in (_STX, _ETX, *_LINE_ENDS):
                events += self.idle()
                continue
            self._characters.append(byte)
            if len(self._characters) == FRAME_CHARACTERS:
                events.append(_judge(bytes(self._characters)))
                self._characters.clear()
        return events

    def idle(self) -> list[Event]:
        """Give up a frame that stayed short."""
        short = bool(self._characters)
        self._characters.clear()
        return [RefusedFrame(reason="length")] if short else []


def _without_line_end(characters: bytes) -> bytes:
    return characters.removesuffix(_LINE_ENDS)


def _judge(characters: bytes) -> Event:
    reason = _fault(characters)
    if reason is not None:
        return RefusedFrame(reason=reason)
    return TokenRead(token=Token("em4100", characters[:10].decode("ascii").upper()))


def _fault(characters: bytes) -> Reason | None:
    if not _HEX.issuperset(characters):
        return "framing"
    if len(characters) != FRAME_CHARACTERS:
        return "length"
    checksum = 0
    for byte in bytes.fromhex(characters.decode("ascii")):
        checksum ^= byte  # the sixth byte is the XOR of the five before it: all six give zero
    return None if checksum == 0 else "checksum"

"""Wiegand readers behind a converter with a serial line, 9600 baud 8N1.

Most converters send the number in decimal digits and CR LF. What a card has printed on it are the
low 24 bits of that number, eight of facility and sixteen of card (the 26-bit format, HID H10301,
which ID-2/12/20LA cards follow too: datasheet, 11 April 2013, page 4):

>>> parser = WiegandParser()
>>> [event.token.value for event in parser.feed(b"0000401829\\r\\n")]
['6-8613']

Others send the bits as they came over the two wires, 26 or 34 characters of 0 and 1 and a line end.
The first bit makes the first half of the number even, the last one makes the second half odd
(Civintec CN56 manual, page 25, section 6.4.2):

>>> [event.token.value for event in parser.feed(b"11101010000011011100000010\\r\\n")]
['212-7041']

A decimal number carries no checksum. It is a card only as a whole line: what silence cuts off is
refused. Whoever begins to listen in the middle of a line cannot know it, so a port is opened with
its input flushed. Numbers have up to 13 digits and 40 bits, as an EM4100 card has, so that two
padded numbers whose line end was lost are no third one; and at least four, as in the noise of a
wrong baud rate a lone digit stands between two line ends every few hundred thousand bytes. No
hexadecimal form: converters that send it do not agree on its order of bytes.
"""

from functools import lru_cache

from agent.core.tokens import Token
from drivers.events import Event, Reason, RefusedFrame, TokenRead
from drivers.lines import Lines

__all__ = ["BAUD", "LONGEST_LINE", "WiegandParser", "bits_of", "line_of"]

BAUD = 9600
LONGEST_LINE = 34

_BIT_FORMATS = (26, 34)
_FEWEST_DIGITS, _MOST_DIGITS = 4, 13
_MOST_BITS = 40


class WiegandParser:
    """Finds lines in a stream. Holds at most one line."""

    def __init__(self) -> None:
        self._lines = Lines(longest=LONGEST_LINE)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer every line that ended in them."""
        return [_judge(line) for line in self._lines.feed(data)]

    def idle(self) -> list[Event]:
        """Give up a line whose end never came: the rest of its digits may be missing."""
        return [RefusedFrame(reason="framing")] if self._lines.rest() else []


def line_of(token: Token) -> bytes:
    """Build the line in which a converter names ``token``: ten digits and CR LF."""
    return b"%010d\r\n" % _number(token)


def bits_of(token: Token, *, bits: int = 26) -> bytes:
    """Build the line of 26 or 34 bits for ``token``, with both parities."""
    half = (bits - 2) // 2
    data = f"{_number(token):0{2 * half}b}"
    even = data[:half].count("1") % 2
    odd = 1 - data[half:].count("1") % 2
    return f"{even}{data}{odd}\r\n".encode()


def _number(token: Token) -> int:
    facility, card = token.value.split("-")
    return int(facility) << 16 | int(card)


@lru_cache(maxsize=256)  # a card that rests, and the cards of one morning, say the same again
def _judge(line: bytes) -> Event:
    reason = _fault(line)
    if reason is not None:
        return RefusedFrame(reason=reason)
    number = int(line[1:-1], 2) if len(line) in _BIT_FORMATS else int(line)
    return TokenRead(token=Token("wiegand", f"{number >> 16 & 0xFF}-{number & 0xFFFF}"))


def _fault(line: bytes) -> Reason | None:
    if not line.isdigit():  # of bytes: 0 to 9 and nothing else
        return "framing"
    if len(line) in _BIT_FORMATS and not line.strip(b"01"):
        return None if _parity_holds(line) else "checksum"
    if not _FEWEST_DIGITS <= len(line) <= _MOST_DIGITS or int(line).bit_length() > _MOST_BITS:
        return "length"
    return None


def _parity_holds(bits: bytes) -> bool:
    half = len(bits) // 2
    return bits[:half].count(b"1") % 2 == 0 and bits[half:].count(b"1") % 2 == 1

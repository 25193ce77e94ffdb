r"""Acme's card readers, which there are none of: ``#``, the card's number, ``*``, its sum, CR LF.

The number is a chip's UID of 4 or 7 bytes in hexadecimal digits, the sum that of its bytes modulo
256 in two more. The line has 19200 baud, 8N1.

>>> AcmeParser().feed(b"#0416C6C2D73881*32\r\n")
[TokenRead(token=Token(uid:**********3881), counter=None)]
>>> AcmeParser().feed(b"#0416C6C2D73881*33\r\n")
[RefusedFrame(reason='checksum')]

    [[reader]]
    name = "front"
    driver = "acme"
    port = "/dev/serial/by-id/usb-Acme_Reader_0001-if00-port0"
"""

import re

from drivers.events import Event, RefusedFrame
from drivers.lines import Lines
from drivers.naming import named_by_chip
from drivers.serial_driver import SerialDriver, listening

__all__ = ["ACME", "AcmeParser", "line_of"]

_LINE = re.compile(rb"#((?:[0-9A-F]{8}|[0-9A-F]{14}))\*([0-9A-F]{2})")
_LONGEST = 18


class AcmeParser:
    """Finds cards in the bytes of one reader; holds at most one line."""

    def __init__(self) -> None:
        self._lines = Lines(longest=_LONGEST)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, and answer every card whose line ended in them."""
        return [_judge(line) for line in self._lines.feed(data)]

    def idle(self) -> list[Event]:
        """Learn that the line fell silent: what has no end is no card."""
        return [RefusedFrame(reason="framing")] if self._lines.rest() else []


def _judge(line: bytes) -> Event:
    found = _LINE.fullmatch(line)
    if found is None:
        return RefusedFrame(reason="framing")
    uid = bytes.fromhex(found[1].decode())
    if line_of(uid).rstrip() != line:
        return RefusedFrame(reason="checksum")
    return named_by_chip(uid)


def line_of(uid: bytes) -> bytes:
    """Answer what a reader sends for a card."""
    return f"#{uid.hex().upper()}*{sum(uid) % 256:02X}\r\n".encode()


ACME = SerialDriver(baud=19_200, make_session=listening(AcmeParser))
"""What the entry point names."""

"""The frames in which a PN532 and its host talk over a serial line (UM0701-02, section 6.2.1).

======== =====================================================
normal   ``00 00 FF LEN LCS TFI … DCS 00``
extended ``00 00 FF FF FF LENM LENL LCS TFI … DCS 00``
ACK, NAK ``00 00 FF 00 FF 00``, ``00 00 FF FF 00 00``
error    ``00 00 FF 01 FF 7F 81 00``: the chip did not understand
======== =====================================================

LEN counts TFI and what follows it; LCS makes the length zero modulo 256, DCS the rest. TFI is D4
from the host and D5 from the chip. Zeros before the first and after the last byte may be missing.

>>> framer = Framer()
>>> framer.feed(bytes.fromhex("0000FF02FED5"))
[]
>>> framer.feed(bytes.fromhex("151600"))
[Frame(kind='answer', code=21, data=b'')]

Whoever loses bytes in mid-frame takes the beginning of the next one for the rest of it. So where
DCS is wrong the bytes are looked through again, and a right frame that begins in there is one. What
a right frame holds is never looked into.
"""

import re
from typing import Literal

from msgspec import Struct

from drivers.events import Reason, RefusedFrame, StatusSeen

__all__ = ["ACK", "LONGEST", "NAK", "WAKE_UP", "Found", "Frame", "Framer", "frame"]

ACK = bytes.fromhex("0000FF00FF00")
NAK = bytes.fromhex("0000FFFF0000")
WAKE_UP = b"\x55\x55" + bytes(14)
"""What wakes a sleeping chip; its length gives the oscillator its time (section 7.2.11)."""

LONGEST = 265
"""Bytes from TFI on that a frame may have (section 6.2.1.2)."""

_HOST, _CHIP, _ERROR = 0xD4, 0xD5, 0x7F
_START = b"\x00\xff"
_PREAMBLE = b"\x00\x00\xff"
_STRANGE = re.compile(rb"[^\x00]")
_WAKING = re.compile(rb"\x55{1,16}\x00{1,48}")
_MAYBE_WAKING = re.compile(rb"\x55{1,16}\x00{0,48}")

# A frame whose head is right, with the zeros before it: most of a stream is such frames, and this
# takes one in a single step of C. The rest goes the long way.
_WHOLE = re.compile(
    rb"\x00++\xff(\x00\xff|\xff\x00|%s)"
    % b"|".join(re.escape(bytes([n, -n & 0xFF])) + b".{%d}" % (n + 1) for n in range(1, 0x100)),
    re.DOTALL,
)


class Frame(Struct, frozen=True, gc=False):
    """A frame whose checksums hold; a command and an answer have a code, the others no more."""

    kind: Literal["command", "answer", "ack", "nak", "error"]
    code: int = 0
    data: bytes = b""


Found = Frame | RefusedFrame | StatusSeen

_BARE = {b"\x00\xff": Frame("ack"), b"\xff\x00": Frame("nak")}
_EXTENDED = b"\xff\xff"


def frame(body: bytes, *, host: bool = True) -> bytes:
    """Build the frame that carries a command, or with ``host=False`` an answer: code and data."""
    inside = bytes([_HOST if host else _CHIP]) + body
    length = len(inside)
    if length < 0xFF:
        head = bytes([length, -length & 0xFF])
    else:
        head = b"\xff\xff" + length.to_bytes(2) + bytes([-(length + (length >> 8)) & 0xFF])
    return _PREAMBLE + head + inside + bytes([-sum(inside) & 0xFF, 0])


class Framer:
    """Finds frames in a stream that may start, stop or break anywhere.

    Holds at most one frame. A run of noise is refused once; what follows a wrong length or LCS is
    of that run, as nobody knows where such a frame ends. Linear in the bytes fed.
    """

    def __init__(self) -> None:
        self._held = b""
        self._straying = False  # in a run that was refused
        self._quiet = 0  # how much of what is held was refused with the frame it stood in

    def feed(self, data: bytes) -> list[Found]:
        """Take the next bytes and answer every frame that ended in them."""
        self._held += data
        return self._scan(silent=False)

    def idle(self) -> list[Found]:
        """Give up a frame that stays unfinished; what is whole inside of it counts."""
        found = self._scan(silent=True) if self._held else []
        self._straying = False
        return found

    def _scan(self, *, silent: bool) -> list[Found]:
        found: list[Found] = []
        held, at = self._held, 0
        while True:
            while (whole := _WHOLE.match(held, at)) and (what := _judged(whole[1])):
                self._straying, self._quiet, at = False, 0, whole.end()
                found.append(what)
            start = held.find(_START, at)
            if start < 0:
                end = len(held) if silent else self._decided(held, at)
                self._pass_over(held, at, end, found)
                at = end
                break
            self._pass_over(held, at, start, found)
            head = _head(held, start)
            if head is not None and (isinstance(head, str) or start + head <= len(held)):
                at = self._take(held, start, head, found)
            elif silent:
                self._refuse("framing", start, found)
                self._quiet, at = len(held), start + len(_START)
            else:
                at = start - (held[start - 1 : start] == b"\x00")
                break
        self._held, self._quiet = held[at:], max(self._quiet - at, 0)
        return found

    def _take(self, held: bytes, start: int, head: int | Reason, found: list[Found]) -> int:
        """Answer a frame of which all bytes are there, and where to go on."""
        if isinstance(head, str):
            # A start code in noise, without the zero before it, is noise too.
            if not self._straying or held.startswith(_PREAMBLE, max(start - 1, 0)):
                self._refuse(head, start, found)
            self._straying = self._straying or start >= self._quiet
            return start + len(_START)
        end = start + head
        what = _judged(held[start + 2 : end])
        if what is None:
            self._refuse("checksum", start, found)
            self._quiet = max(self._quiet, end)
            return start + len(_START)
        self._straying, self._quiet = False, 0
        found.append(what)
        return end

    def _refuse(self, reason: Reason, at: int, found: list[Found]) -> None:
        if at >= self._quiet:
            self._straying = False
            found.append(RefusedFrame(reason=reason))

    def _decided(self, held: bytes, at: int) -> int:
        """How far bytes without a start code are noise, whatever may follow them."""
        begin = _first_strange(held, max(at, self._quiet), len(held))
        if not self._straying and _MAYBE_WAKING.fullmatch(held, begin):
            return begin
        zeros = 2 if held.endswith(b"\x00\x00") else int(held.endswith(b"\x00"))
        return max(at, len(held) - zeros)  # they may belong to a start code

    def _pass_over(self, held: bytes, at: int, end: int, found: list[Found]) -> None:
        """Answer what the bytes between frames are; zeros are nothing."""
        if self._straying:
            return
        begin = _first_strange(held, max(at, self._quiet), end)
        if begin >= end:
            return
        if _WAKING.fullmatch(held, begin, end):
            found.append(StatusSeen(about="wake_up"))
        else:
            self._straying = True
            found.append(RefusedFrame(reason="framing"))


def _first_strange(held: bytes, at: int, end: int) -> int:
    """Where the first byte stands that is no zero."""
    strange = _STRANGE.search(held, at, end)
    return end if strange is None else strange.start()


def _head(held: bytes, start: int) -> int | Reason | None:
    """Read a frame's head: how many bytes it has from its start code to DCS, or what is wrong with
    it, or nothing where bytes of the head are missing.
    """
    fields = held[start + 2 : start + 7]
    if len(fields) < 2:
        return None
    if fields[:2] in _BARE:
        return 4
    if fields[:2] != _EXTENDED:
        if sum(fields[:2]) & 0xFF:
            return "checksum"
        return 5 + fields[0] if fields[0] else "length"
    if len(fields) < 5:
        return None
    if sum(fields[2:]) & 0xFF:
        return "checksum"
    length = int.from_bytes(fields[2:4])
    return 8 + length if 0 < length <= LONGEST else "length"


def _judged(told: bytes) -> Frame | RefusedFrame | None:
    """Read a frame from LEN to DCS; nothing where DCS is wrong."""
    if told in _BARE:
        return _BARE[told]
    inside = told[5:] if told.startswith(_EXTENDED) else told[2:]
    if sum(inside) & 0xFF:
        return None
    if inside[0] == _ERROR and len(inside) == 2:
        return Frame("error")
    if inside[0] not in (_HOST, _CHIP):
        return RefusedFrame(reason="framing")
    if len(inside) < 3:
        return RefusedFrame(reason="length")
    return Frame("command" if inside[0] == _HOST else "answer", inside[1], inside[2:-1])

r"""Scanners that pretend to be a keyboard, from the kernel's input events on.

The kernel hands out one struct ``input_event`` (linux/input.h) for each thing that happened: the
time, a type, a code and a value. Of these only keys count (EV_KEY), and that events were lost
(SYN_DROPPED: Documentation/input/event-codes.rst): what follows up to the next SYN_REPORT is not to
be relied on, and a scan with a hole in it is refused, or its digits would be another card's.

>>> (seen,) = HidParser().feed(events_of("]C18018061414112345678902\r"))
>>> seen.token.value
'061414112345678902'

A key that stays down over a silence was lost as it was let go: nothing is held after one.
"""

import struct
from collections.abc import Iterable, Sequence

from drivers.events import Event
from drivers.scanners.barcode import BarcodeParser
from drivers.scanners.hid import HidKeyboard, strokes_of

__all__ = ["EVENT_BYTES", "HidParser", "events_of", "packed"]

_TIME_BYTES = struct.calcsize("@ll")
_EVENT = struct.Struct(f"={_TIME_BYTES}xHHi")
EVENT_BYTES = _EVENT.size
"""24 where a long has 8 bytes, else 16."""

_SYN, _KEY, _MSC = 0, 1, 4
_SYN_REPORT, _SYN_DROPPED = 0, 3
_MSC_SCAN = 4
_HOLE = b"\0"
"""No scan holds this character, and none that does is taken."""


class HidParser:
    """Finds scans in the events of one keyboard. Holds at most one scan and part of an event."""

    def __init__(self, *, member_prefixes: Sequence[str] = ()) -> None:
        self._scans = BarcodeParser(member_prefixes=member_prefixes)
        self._keyboard = HidKeyboard()
        self._part = b""
        self._is_dropping = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the event device and answer every scan that ended in them."""
        stream = self._part + data
        whole = len(stream) - len(stream) % EVENT_BYTES
        self._part = stream[whole:]
        return self._scans.feed(
            b"".join(self._typed(*event) for event in _EVENT.iter_unpack(stream[:whole]))
        )

    def idle(self) -> list[Event]:
        """Learn that nothing was typed for a while, which ends a scan that has no suffix."""
        ended = self._scans.feed(_HOLE) if self._part else []
        self._part = b""
        self._is_dropping = False
        self._keyboard.reset()
        return ended + self._scans.idle()

    def _typed(self, kind: int, code: int, value: int) -> bytes:
        if kind == _SYN and code == _SYN_DROPPED:
            self._is_dropping = True
            self._keyboard.reset()
            return _HOLE
        if kind == _SYN and code == _SYN_REPORT:
            self._is_dropping = False
        if kind != _KEY or self._is_dropping:
            return b""
        return self._keyboard.feed([(code, value)])


def packed(events: Iterable[tuple[int, int, int]]) -> bytes:
    """Answer events (type, code, value) as the kernel hands them out, at no time at all."""
    return b"".join(_EVENT.pack(*event) for event in events)


def events_of(text: str) -> bytes:
    """Answer what the kernel hands out while a scanner types a text: each key goes with its scan
    code before it and a report behind. Raises KeyError for what such a scanner cannot type.
    """
    return b"".join(
        packed([(_MSC, _MSC_SCAN, key), (_KEY, key, value), (_SYN, _SYN_REPORT, 0)])
        for key, value in strokes_of(text)
    )

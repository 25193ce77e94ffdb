"""Makes hid-scanner.events: what Linux hands out while a keyboard scanner is used.

It is made, not captured. The keys are those that scanners' manuals say they type (US layout, AIM
ids, FNC1 as Alt and 0029, Enter behind each scan), the events those that the kernel's hid-input
makes of them: EV_MSC/MSC_SCAN with some scan code, EV_KEY, EV_SYN/SYN_REPORT, and repeats while a
key stays down. Times run on from a start, a key every 8 ms. The machine has 64 bits.
"""

import struct
from pathlib import Path

from drivers.scanners.hid import strokes_of

_SYN, _KEY, _MSC = 0, 1, 4
_SYN_DROPPED, _MSC_SCAN = 3, 4
_EVENT = struct.Struct("<qqHHi")
_START_US = 1_795_000_000_000_000
_KEY_US = 8_000
_KEYBOARD_PAGE = 0x70000

_SCANS = (
    "]C18018061414112345678902\r",
    "]d2010590123412345710A1\x1d21X9\r",
    "12345678\r",
    "4111111111111111\r",
)


def _events() -> list[tuple[int, int, int]]:
    events: list[tuple[int, int, int]] = []
    for scan in _SCANS:
        events += _typed(scan)
    # A buffer ran over: the kernel says so, and what is left of that scan makes another number.
    events += [*_typed("]C0123456"), (_SYN, _SYN_DROPPED, 0), (_KEY, 8, 1), (_SYN, 0, 0)]
    events += _typed("9012\r")
    events += _typed("]C18018061414112345678902\r")
    return events


def _typed(text: str) -> list[tuple[int, int, int]]:
    events = []
    for key, value in strokes_of(text):
        events += [(_MSC, _MSC_SCAN, _KEYBOARD_PAGE + key), (_KEY, key, value), (_SYN, 0, 0)]
        if value and text.startswith("1234"):  # a slow scanner: the kernel repeats what is held
            events += [(_KEY, key, 2), (_SYN, 0, 1)]
    return events


def main() -> None:
    """Write the recording beside this file."""
    data = bytearray()
    for number, event in enumerate(_events()):
        seconds, micros = divmod(_START_US + number * _KEY_US // 3, 1_000_000)
        data += _EVENT.pack(seconds, micros, *event)
    Path(__file__).with_name("hid-scanner.events").write_bytes(data)


if __name__ == "__main__":
    main()

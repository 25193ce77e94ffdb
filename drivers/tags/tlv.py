"""Where the message stands in the memory of a Type 2 tag (NFC Forum Type 2 Tag 1.1, section 2.3).

Behind the capability container (page 3, ``E1``, version, size of the area in eight bytes, access)
lie blocks of tag, length and value. A length is one byte, or ``FF`` and two bytes.

== ==================================================================================
00 NULL: one byte, nothing
01 lock control: bytes of the area that lock pages, and are no part of what stands around
02 memory control: bytes of the area that are somebody else's
03 NDEF message; the first one counts
FD proprietary, passed over as any unknown block is
FE terminator: one byte, and nothing behind it
== ==================================================================================

>>> message_in(bytes.fromhex("0103A00C34 0303D00000 FE"))
b'\\xd0\\x00\\x00'
>>> message_in(bytes.fromhex("0303D0"))
Cut(inside=True)
"""

import re
from collections.abc import Generator
from dataclasses import dataclass

__all__ = [
    "CONTAINER_BYTES",
    "HEADER_BYTES",
    "Cut",
    "area_bytes",
    "is_area",
    "message_in",
    "reading",
]

HEADER_BYTES = 16
"""Pages 0 to 3: number, locks and capability container."""

CONTAINER_BYTES = 4
_NULL, _LOCKS, _MEMORY, _NDEF, _PROPRIETARY, _END = 0x00, 0x01, 0x02, 0x03, 0xFD, 0xFE
_LONG = 0xFF
_MOST_RESERVED = 16
_LAST_PAGE = 0xFF
_SOMETHING = re.compile(rb"[^\x00]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The area ends without a message; ``inside`` of a block, or where another could begin."""

    inside: bool


def area_bytes(container: bytes) -> int:
    """Read a capability container: how many bytes the area behind it has, 0 where it is none."""
    if len(container) < CONTAINER_BYTES or container[0] != 0xE1 or container[1] >> 4 != 1:
        return 0
    return container[2] * 8


def is_area(data: bytes) -> bool:
    """Say whether ``data`` begins as an area does."""
    return data[:1] in (b"\x00", b"\x01", b"\x02", b"\x03", b"\xfd", b"\xfe")


def message_in(area: bytes) -> bytes | Cut | None:
    """Find the NDEF message of an area; nothing where the area says that there is none. Linear."""
    reserved: list[tuple[int, int]] = []
    at = 0
    while True:
        if reserved:
            at = _useful(reserved, at)
        something = _SOMETHING.search(area, at)
        if something is None:
            return Cut(inside=False)
        at = something.start()
        if reserved and _useful(reserved, at) != at:
            continue
        if area[at] == _END:
            return None
        value = _value(area, at + 1, reserved)
        if isinstance(value, Cut):
            return value
        inside, end = value
        if area[at] == _NDEF:
            return inside
        if area[at] in (_LOCKS, _MEMORY) and len(inside) == 3 and len(reserved) < _MOST_RESERVED:
            begin, count = _reserved(inside, bits=area[at] == _LOCKS)
            # What would lie on blocks that were read already is no place for locks.
            if begin >= end:
                reserved.append((begin, begin + count))
        at = end


def reading() -> Generator[int, bytes, bytes | None]:
    """Read a tag page by page: yields the page to READ and takes its 16 bytes.

    Returns the memory from the capability container to the message's end at least, and nothing
    where the tag has no container. Reads no page that is not needed, and none beyond 255, which are
    in another sector.
    """
    first = yield HEADER_BYTES // 4 - 1
    size = area_bytes(first)
    if not size:
        return None
    area, page = first[CONTAINER_BYTES:], 7
    while len(area) < size and page <= _LAST_PAGE and isinstance(message_in(area), Cut):
        area += yield page
        page += 4
    return first[:CONTAINER_BYTES] + area[:size]


def _value(area: bytes, at: int, reserved: list[tuple[int, int]]) -> tuple[bytes, int] | Cut:
    """Read a block's length and value; also answers where the next block begins."""
    if not reserved and at < len(area) and area[at] != _LONG:  # nearly every block there is
        end = at + 1 + area[at]
        return (area[at + 1 : end], end) if end <= len(area) else Cut(inside=True)
    length = _bytes(area, at, 1, reserved)
    if isinstance(length, Cut):
        return length
    if length[0][0] == _LONG:
        length = _bytes(area, length[1], 2, reserved)
        if isinstance(length, Cut):
            return length
    return _bytes(area, length[1], int.from_bytes(length[0]), reserved)


def _bytes(
    area: bytes, at: int, count: int, reserved: list[tuple[int, int]]
) -> tuple[bytes, int] | Cut:
    """Take ``count`` bytes from ``at`` on, without those that are reserved."""
    taken = b""
    while len(taken) < count:
        at = _useful(reserved, at)
        until = min([begin for begin, _ in reserved if begin > at], default=len(area) + count)
        end = min(until, at + count - len(taken))
        if end > len(area):
            return Cut(inside=True)
        taken += area[at:end]
        at = end
    return taken, at


def _useful(reserved: list[tuple[int, int]], at: int) -> int:
    """The first place from ``at`` on that is not reserved."""
    for begin, end in sorted(reserved):
        if begin <= at < end:
            at = end
    return at


def _reserved(value: bytes, *, bits: bool) -> tuple[int, int]:
    """Where a control block's bytes begin in the area, and how many they are."""
    page, offset = value[0] >> 4, value[0] & 0x0F
    size = value[1] or 0x100
    begin = page * (1 << (value[2] & 0x0F)) + offset - HEADER_BYTES
    return begin, (size + 7) // 8 if bits else size

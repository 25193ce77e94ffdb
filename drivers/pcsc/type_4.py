"""The NDEF file of a Type 4 tag: a card with a processor (NFC Forum Type 4 Tag 2.0, section 5).

The application is selected, then its capability container (file E103), which says what the file is
called, how long it is, and how much of it may be asked for at once (MLe); then the file: two bytes
of length, and that many of message.
"""

from dataclasses import dataclass
from typing import Self

from drivers.pcsc.apdu import NDEF_APPLICATION, Talk, data_of, is_absent, read_file, select_file

__all__ = ["LONGEST_MESSAGE", "message_of"]

LONGEST_MESSAGE = 1_024
"""Bytes; no address is longer, and each piece of it costs a customer's patience."""

_CONTAINER_FILE = b"\xe1\x03"
_CONTAINER_BYTES = 15
_LENGTH_BYTES = 2
_MOST_AT_ONCE = 240
"""A PN532 inside a reader, as of an ACR122U, takes 255 with what it wraps around them."""


@dataclass(frozen=True, slots=True)
class _File:
    """What a capability container says of the file with the message."""

    name: bytes
    size: int
    at_once: int

    @classmethod
    def of(cls, container: bytes) -> Self | None:
        """Read it (section 5.1.3); nothing where it is none, or the file is not for everybody."""
        if int.from_bytes(container[:2]) < _CONTAINER_BYTES or container[2] >> 4 not in (1, 2, 3):
            return None
        if container[7:9] != b"\x04\x06" or container[13] != 0x00:
            return None
        at_once = int.from_bytes(container[3:5])
        if at_once < _CONTAINER_BYTES:
            return None
        size = int.from_bytes(container[11:13])
        return cls(container[9:11], size, min(at_once, _MOST_AT_ONCE))


def message_of() -> Talk[bytes | None]:
    """Read the message: empty where the card has no such application or nothing in the file.

    None where anything failed in between: the card was taken away, or what it says of itself
    contradicts what it does.
    """
    answer = yield NDEF_APPLICATION
    if is_absent(answer):
        return b""
    if data_of(answer) is None:
        return None
    container = yield from _contents(_CONTAINER_FILE, _CONTAINER_BYTES)
    file = _File.of(container) if container is not None else None
    if file is None:
        return None
    length = yield from _contents(file.name, _LENGTH_BYTES)
    if length is None:
        return None
    end = _LENGTH_BYTES + int.from_bytes(length)
    if end > min(file.size, _LENGTH_BYTES + LONGEST_MESSAGE):
        return None
    message = b""
    for at in range(_LENGTH_BYTES, end, file.at_once):
        piece = yield from _piece(at, min(file.at_once, end - at))
        if piece is None:
            return None
        message += piece
    return message


def _contents(name: bytes, count: int) -> Talk[bytes | None]:
    """Select a file, and read its first bytes."""
    if data_of((yield select_file(name))) is None:
        return None
    return (yield from _piece(0, count))


def _piece(at: int, count: int) -> Talk[bytes | None]:
    data = data_of((yield read_file(at, count)))
    return data if data is not None and len(data) == count else None

"""UHFReader18 and its many relabelled kin (860 to 960 MHz), 57600 baud 8N1.

An answer is its own length without the length byte, the reader's address, the command it answers, a
status, data, and a CRC-16 (0x8408 reflected, from FFFF), low byte first, so that the CRC over all
of it is zero (UHFReader18 User's Manual 2.0, sections 4 and 5). A reader in active mode sends the
same frame unasked, as command EE with one EPC (github xynogen/uhfreader18, docs/PROTOCOL.md):

>>> UhfReader18Parser().feed(bytes.fromhex("1100EE002000708C2B380B2D00000000E056"))
[RefusedFrame(reason='unknown')]

That tag was never numbered; ``drivers.tags.epc`` says which are a member's. Inventory answers
carry a number of tags, and a length before each EPC.

The heartbeat of a reader in active mode is ``56 00 00 00 00 00``, without a CRC, though 56 is also
the length of an answer of 87 bytes. What begins so is the answer if its CRC holds and the heartbeat
if it does not. Until 87 bytes are there nobody can know; silence, too, makes it the heartbeat, and
what stands behind it is read then.
"""

import re
from binascii import crc_hqx
from collections.abc import Iterator

from drivers.events import Event, RefusedFrame, StatusSeen
from drivers.framed import FramedParser
from drivers.tags.epc import decoded

__all__ = [
    "BAUD",
    "ILLEGAL",
    "INFORMATION",
    "INVENTORY",
    "LONGEST_FRAME",
    "MORE_FOLLOW",
    "NO_TAG",
    "SET_POWER",
    "SOUND",
    "Found",
    "Framer",
    "UhfReader18Parser",
    "answer",
    "buzzer",
    "command",
    "events_of",
    "inventory",
    "power",
    "reader_information",
    "report",
]

BAUD = 57600
LONGEST_FRAME = 256

_ANY_READER = 0xFF
_LEAST_LENGTH = 5  # address, command, status, CRC
_HEARTBEAT = b"\x56\x00\x00\x00\x00\x00"

INVENTORY = 0x01
INFORMATION = 0x21
ILLEGAL = 0x00
"""The command that is answered for one that the reader does not know."""
MORE_FOLLOW = 0x03
"""The status of an inventory's answer behind which there is another one."""

_INVENTORIES = (INVENTORY, 0x0F)
SET_POWER = 0x2F
SOUND = 0x33
_TAG_SEEN = 0xEE
_TAGS_FOLLOW = range(0x01, 0x05)
NO_TAG = 0xFB

_ALIVE = StatusSeen(about="heartbeat")
_NOBODY = StatusSeen(about="no_tag")

# A reflected CRC is the plain one over mirrored bytes, and that one is written in C.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

# In noise only what looks like an answer is worth a CRC: length, any address, the commands of the
# manual's section 8, the statuses of its section 7. A heartbeat looks so too.
_LIKELY = re.compile(
    rb"[\x05-\xFF].[\x00-\x0F\x21-\x2F\x33-\x37\x50-\x55\xEE][\x00-\x05\x09-\x19\xF8-\xFF]",
    re.DOTALL,
)
_LIKELY_BYTES = 4


Found = bytes | StatusSeen | RefusedFrame
"""A whole frame, a heartbeat, or what is none."""


class Framer:
    """Finds answers in a stream. Holds less than one answer. Never raises.

    A run of bytes that are none is refused once: ``checksum`` where it begins with what should have
    been one, ``framing`` otherwise. Answers are looked for inside it too.
    """

    def __init__(self) -> None:
        self._held = b""
        self._straying = False

    def feed(self, data: bytes) -> list[Found]:
        """Take the next bytes and answer every frame that ended in them."""
        return self._taken(self._held + data, is_all=False)

    def idle(self) -> list[Found]:
        """Learn that nothing follows: what is unfinished is none, and may hide what is whole."""
        found = self._taken(self._held, is_all=True)
        self._straying = False
        return found

    def _taken(self, stream: bytes, *, is_all: bool) -> list[Found]:
        mirrored = stream.translate(_MIRRORED)
        taken: list[Found] = []
        at, end_of_stream = 0, len(stream)
        while at < end_of_stream:
            if self._straying:
                found = _LIKELY.search(stream, at)
                if found is None:
                    at = end_of_stream if is_all else max(at, end_of_stream - _LIKELY_BYTES + 1)
                    break
                at = found.start()
            end = at + 1 + stream[at]
            is_long_enough = stream[at] >= _LEAST_LENGTH
            if is_long_enough and end > end_of_stream and not is_all:
                break
            is_whole = is_long_enough and end <= end_of_stream
            if is_whole and crc_hqx(mirrored[at:end], 0xFFFF) == 0:
                self._straying = False
                taken.append(stream[at:end])
                at = end
            elif stream.startswith(_HEARTBEAT, at):
                self._straying = False
                taken.append(_ALIVE)
                at += len(_HEARTBEAT)
            else:
                if not self._straying:
                    taken.append(RefusedFrame(reason="checksum" if is_whole else "framing"))
                self._straying = True
                at += 1
        self._held = stream[at:]
        return taken


class UhfReader18Parser(FramedParser[Found]):
    """Turns a stream into events, one at least for each frame and one for each tag."""

    def __init__(self) -> None:
        super().__init__(Framer(), events_of)


def events_of(found: Found) -> list[Event]:
    """Say what a frame means; what is no frame stays what it is."""
    if not isinstance(found, bytes):
        return [found]
    code, status, data = found[2], found[3], found[4:-2]
    if code == _TAG_SEEN and status == 0 and data:
        return [decoded(data)]
    if code in _INVENTORIES and status in _TAGS_FOLLOW and data:
        return list(_tags_in(data))
    if code in _INVENTORIES and status == NO_TAG:
        return [_NOBODY]
    if code == INFORMATION and status == 0 and len(data) == 8:
        return [
            StatusSeen(
                about="firmware",
                details={
                    "version": f"{data[0]}.{data[1]}",
                    "type": f"{data[2]:02X}",
                    "power_dbm": data[6],
                    "scan_ms": 100 * data[7],
                },
            )
        ]
    about = "failed" if status else "answer"
    return [StatusSeen(about=about, details={"command": f"{code:02X}", "status": f"{status:02X}"})]


def _tags_in(data: bytes) -> Iterator[Event]:
    """Each EPC of an inventory. Where its lengths and its number differ, none is believed."""
    tags = []
    at = 1
    while at < len(data):
        end = at + 1 + data[at]
        tags.append(data[at + 1 : end])
        at = end
    if at != len(data) or len(tags) != data[0]:
        yield RefusedFrame(reason="length")
        return
    if not tags:
        yield _NOBODY
    for epc in tags:
        yield decoded(epc)


def command(code: int, data: bytes = b"", *, address: int = _ANY_READER) -> bytes:
    """Build a command: length, address, code, data, CRC. Address FF is any reader."""
    return _with_crc(bytes([4 + len(data), address, code]) + data)


def inventory(*, address: int = _ANY_READER) -> bytes:
    """Ask which tags are in the field (manual, section 8.2.1)."""
    return command(INVENTORY, address=address)


def reader_information(*, address: int = _ANY_READER) -> bytes:
    """Ask for version, type, power and scan time (manual, section 8.4.1).

    >>> reader_information().hex(" ").upper()
    '04 FF 21 19 95'
    """
    return command(INFORMATION, address=address)


def power(power_dbm: int, *, address: int = _ANY_READER) -> bytes:
    """Set the power, 0 to 30 dBm (manual, section 8.4.6)."""
    if not 0 <= power_dbm <= 30:
        raise ValueError(f"power is 0 to 30 dBm, not {power_dbm}")
    return command(SET_POWER, bytes([power_dbm]), address=address)


def buzzer(*, on_ms: int, off_ms: int, times: int, address: int = _ANY_READER) -> bytes:
    """Sound buzzer and LED, in steps of 50 ms (manual, section 8.4.9)."""
    return command(SOUND, bytes([on_ms // 50, off_ms // 50, times]), address=address)


def report(epc: bytes, *, address: int = 0) -> bytes:
    """Build what a reader in active mode sends of a tag; a virtual one sends it too."""
    return answer(_TAG_SEEN, 0, epc, address=address)


def answer(code: int, status: int, data: bytes = b"", *, address: int = 0) -> bytes:
    """Build an answer of a reader."""
    return _with_crc(bytes([5 + len(data), address, code, status]) + data)


def _with_crc(body: bytes) -> bytes:
    mirrored = crc_hqx(body.translate(_MIRRORED), 0xFFFF)
    return body + mirrored.to_bytes(2).translate(_MIRRORED)

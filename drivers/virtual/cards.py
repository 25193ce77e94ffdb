"""Virtual cards: functions from command to answer, with the memory that the real ones have.

Over vpcd what is meant for the reader reaches the card, so a card here answers that too, as an
ACR122U would: ``FFCA`` UID, ``FFB0`` read, ``FF82`` load key, ``FF86`` authenticate, ``FF0040``
lights and buzzer.

>>> card = UidCard(bytes.fromhex("DEADBEEF"))
>>> card.answer(bytes.fromhex("FFCA000000")).hex()
'deadbeef9000'

``tapledger devices emulate`` and the tests lay them on readers; ``ntag424`` has the one that signs.
"""

import secrets
from typing import Protocol

__all__ = [
    "DESFIRE_ATR",
    "ClassicCard",
    "RandomUidCard",
    "Type2Card",
    "UidCard",
    "VirtualCard",
    "memory_card_atr",
]

WELL, FAILED = b"\x90\x00", b"\x63\x00"
NO_SUCH_COMMAND, NO_SUCH_CLASS = b"\x6d\x00", b"\x6e\x00"

DESFIRE_ATR = bytes.fromhex("3B8180018080")
"""What a reader makes of a DESFire, and of an NTAG 424 DNA."""


class VirtualCard(Protocol):
    """One card that lies on a reader."""

    atr: bytes

    def answer(self, apdu: bytes) -> bytes:
        """Answer a command: data and two bytes of status. Takes any bytes."""
        ...

    def reset(self) -> None:
        """Forget what was selected and opened: the card was laid down anew."""
        ...


def memory_card_atr(number: int, *, standard: int = 0x03) -> bytes:
    """Make the ATR of a card with memory alone, by its number in the PC/SC workgroup's list."""
    body = bytes.fromhex("8F8001804F0CA000000306") + bytes([standard]) + number.to_bytes(2)
    atr = b"\x3b" + body + bytes(4)
    tck = 0
    for byte in atr[1:]:
        tck ^= byte
    return atr + bytes([tck])


class UidCard:
    """A card of which only the number can be read."""

    def __init__(self, uid: bytes, *, atr: bytes = memory_card_atr(0x0000)) -> None:
        self.atr = atr
        self.uid = uid

    def reset(self) -> None:
        """Nothing is remembered."""

    def answer(self, apdu: bytes) -> bytes:
        """Answer as reader and card together do."""
        if len(apdu) < 4:
            return b"\x67\x00"
        if apdu[:4] == bytes.fromhex("FFCA0000"):
            return self.uid + WELL
        if apdu[:3] == bytes.fromhex("FF0040"):
            return WELL  # the lights are somebody else's to see
        return self._more(apdu)

    def _more(self, apdu: bytes) -> bytes:
        return FAILED if apdu[0] == 0xFF else NO_SUCH_CLASS


class RandomUidCard(UidCard):
    """A card that makes its number up each time it is laid down, as telephones do."""

    def __init__(self, *, atr: bytes = DESFIRE_ATR) -> None:
        super().__init__(b"", atr=atr)
        self.reset()

    def reset(self) -> None:
        """Make up another number."""
        self.uid = b"\x08" + secrets.token_bytes(3)


class Type2Card(UidCard):
    """An NTAG213: 45 pages of four bytes; reading beyond the last one goes on at the first."""

    PAGES, AREA_BYTES = 45, 144

    def __init__(self, uid: bytes, message: bytes = b"", *, formatted: bool = True) -> None:
        super().__init__(uid, atr=memory_card_atr(0x0003))
        container = bytes([0xE1, 0x10, self.AREA_BYTES // 8, 0x00]) if formatted else bytes(4)
        area = bytes.fromhex("0103A00C34") + _block(message)  # lock control as NXP ships it
        if len(area) > self.AREA_BYTES:
            raise ValueError(f"{len(area)} bytes are more than the {self.AREA_BYTES} of the tag")
        self.memory = _first_pages(uid) + container + area.ljust(self.AREA_BYTES, b"\x00")
        self.memory += bytes.fromhex("000000BD 040000FF 00050000 00000000 00000000")

    def _more(self, apdu: bytes) -> bytes:
        if apdu[:3] == bytes.fromhex("FFB000") and len(apdu) == 5:
            return self._pages(apdu[3], apdu[4] or 0x100)
        if apdu[:6] == bytes.fromhex("FFEF00000230") and len(apdu) == 7:
            return self._pages(apdu[6], 16)
        return super()._more(apdu)

    def _pages(self, page: int, count: int) -> bytes:
        if page >= self.PAGES or count > 16:
            return FAILED
        begin = page * 4
        return (self.memory + self.memory)[begin : begin + count] + WELL


def _block(message: bytes) -> bytes:
    length = len(message)
    head = bytes([length]) if length < 0xFF else b"\xff" + length.to_bytes(2)
    return b"\x03" + head + message + b"\xfe"


def _first_pages(uid: bytes) -> bytes:
    """Number, its check bytes, and locks (ISO/IEC 14443-3, section 6.5.4)."""
    if len(uid) != 7:
        raise ValueError("an NTAG has a number of seven bytes")
    first = uid[:3] + bytes([0x88 ^ uid[0] ^ uid[1] ^ uid[2]])
    return first + uid[3:] + bytes([uid[3] ^ uid[4] ^ uid[5] ^ uid[6], 0x48, 0x00, 0x00])


class ClassicCard(UidCard):
    """A MIFARE Classic 1K: a block is read once its sector was opened with the right key."""

    BLOCKS, SECTOR_BLOCKS = 64, 4

    def __init__(
        self, uid: bytes, *, key_a: bytes = b"\xff" * 6, key_b: bytes = b"\xff" * 6
    ) -> None:
        super().__init__(uid, atr=memory_card_atr(0x0001))
        self.blocks = [bytes(16) for _ in range(self.BLOCKS)]
        self.blocks[0] = uid.ljust(16, b"\x00")
        for trailer in range(3, self.BLOCKS, self.SECTOR_BLOCKS):  # key A is never read out
            self.blocks[trailer] = bytes(6) + bytes.fromhex("FF078069") + key_b
        self._keys = {0x60: key_a, 0x61: key_b}
        self._loaded: dict[int, bytes] = {}
        self._open: int | None = None

    def reset(self) -> None:
        """Close every sector; the key stays in the reader."""
        self._open = None

    def _more(self, apdu: bytes) -> bytes:
        if apdu[:2] == b"\xff\x82" and len(apdu) == 11 and apdu[4] == 6:
            self._loaded[apdu[3]] = apdu[5:]
            return WELL
        if apdu[:7] == bytes.fromhex("FF860000050100") and len(apdu) == 10:
            return self._authenticate(*apdu[7:])
        if apdu[:3] == bytes.fromhex("FFB000") and len(apdu) == 5:
            return self._read(apdu[3], apdu[4])
        return super()._more(apdu)

    def _authenticate(self, block: int, kind: int, number: int) -> bytes:
        key = self._keys.get(kind)
        right = key is not None and self._loaded.get(number) == key and block < self.BLOCKS
        self._open = block // self.SECTOR_BLOCKS if right else None
        return WELL if right else FAILED

    def _read(self, block: int, count: int) -> bytes:
        if self._open is None or block // self.SECTOR_BLOCKS != self._open or count > 16:
            return FAILED
        return self.blocks[block][: count or 16] + WELL

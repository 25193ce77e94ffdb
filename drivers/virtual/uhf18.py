"""A UHFReader18 in answer mode: bytes in, bytes out, tags that come into its field and leave.

One in active mode says ``drivers.readers.uhf18.report`` of each tag, again and again; nobody asks.

>>> reader = VirtualUhf18()
>>> reader.lay(bytes.fromhex("2D14257BF4499602D2000000"))
>>> reader.feed(command(INVENTORY)).hex(" ").upper()
'13 00 01 01 01 0C 2D 14 25 7B F4 49 96 02 D2 00 00 00 6F 03'
"""

from drivers.readers.uhf18 import (
    ILLEGAL,
    INFORMATION,
    INVENTORY,
    MORE_FOLLOW,
    NO_TAG,
    SET_POWER,
    SOUND,
    answer,
    command,
)

__all__ = ["VirtualUhf18"]

_SHORTEST = 4  # address, command, CRC
_MOST_IN_ONE = 16
"""Tags of 96 bits in one answer: 13 bytes each, of 249 at most."""
_DONE, _UNKNOWN_COMMAND, _WRONG_LENGTH = 0x01, 0xFE, 0xFD
_VERSION, _KIND, _PROTOCOLS, _HIGHEST, _LOWEST = b"\x02\x1e", 0x09, 0x03, 0x4E, 0x00
_LOOKS_100_MS = 3


class VirtualUhf18:
    """One reader. ``power_dbm`` is what it was set to, ``beeps`` how often it was told to."""

    name = "uhf18"

    def __init__(self) -> None:
        self.power_dbm = 26
        self.beeps = 0
        self._tags: list[bytes] = []
        self._held = b""

    def restart(self) -> None:
        """Lose power and have it again; tags stay where they are, and so does what was set."""
        self._held = b""

    def lay(self, card: bytes) -> None:
        """Bring a tag, that is its EPC, into the field."""
        self._tags.append(card)

    def take(self, card: bytes) -> None:
        """Take a tag out of the field."""
        self._tags.remove(card)

    def feed(self, data: bytes) -> bytes:
        """Take what the host sends, and answer what the reader says."""
        self._held += data
        return b"".join(self._do(asked[2], asked[3:-2]) for asked in iter(self._next, b""))

    def _next(self) -> bytes:
        """Take the next whole command; what has a wrong CRC is nothing to it."""
        while self._held and len(self._held) > self._held[0]:
            length = self._held[0]
            asked, self._held = self._held[: length + 1], self._held[length + 1 :]
            if length >= _SHORTEST and command(asked[2], asked[3:-2], address=asked[1]) == asked:
                return asked
        return b""

    def _do(self, code: int, data: bytes) -> bytes:
        match code:
            case _ if code == INVENTORY:
                return self._inventory()
            case _ if code == INFORMATION:
                settings = bytes([_KIND, _PROTOCOLS, _HIGHEST, _LOWEST, self.power_dbm])
                return answer(code, 0, _VERSION + settings + bytes([_LOOKS_100_MS]))
            case _ if code == SET_POWER and len(data) == 1:
                self.power_dbm = data[0]
                return answer(code, 0)
            case _ if code == SOUND and len(data) == 3:
                self.beeps += data[2]
                return answer(code, 0)
            case _ if code in (SET_POWER, SOUND):
                return answer(code, _WRONG_LENGTH)
            case _:
                return answer(ILLEGAL, _UNKNOWN_COMMAND)

    def _inventory(self) -> bytes:
        if not self._tags:
            return answer(INVENTORY, NO_TAG)
        said = b""
        for begin in range(0, len(self._tags), _MOST_IN_ONE):
            some = self._tags[begin : begin + _MOST_IN_ONE]
            is_last = begin + _MOST_IN_ONE >= len(self._tags)
            listed = bytes([len(some)]) + b"".join(bytes([len(epc)]) + epc for epc in some)
            said += answer(INVENTORY, _DONE if is_last else MORE_FOLLOW, listed)
        return said

"""A PN532 as its host sees it over a serial line: bytes in, bytes out, cards laid and taken.

It does what the user manual UM0701-02 says of the commands that a reader needs, and answers any
other with the error frame. Like the chip, it sleeps until it is woken, sees no card before
SAMConfiguration, and looks for a card for ever until RFConfiguration tells it not to.

>>> chip = VirtualPn532()
>>> chip.feed(frame(b"\\x02"))  # it sleeps
b''
>>> chip.feed(WAKE_UP + frame(b"\\x02")).hex()
'0000ff00ff000000ff06fad50332010607e800'
"""

from drivers.readers.pn532 import (
    GET_FIRMWARE_VERSION,
    IN_DATA_EXCHANGE,
    IN_LIST_PASSIVE_TARGET,
    RF_CONFIGURATION,
    SAM_CONFIGURATION,
)
from drivers.readers.pn532_frames import ACK, WAKE_UP, Frame, Framer, frame
from drivers.virtual.tags import Tag

__all__ = ["VirtualPn532"]

_FIRMWARE = bytes.fromhex("32010607")
_WAKES = WAKE_UP[:1]
_ERROR = bytes.fromhex("0000FF01FF7F8100")
_RETRIES, _FOR_EVER = 0x05, 0xFF
_TYPE_A = 0x00
_READ = 0x30
_TYPE_2 = 0x00
_MOST_TARGETS = 2
_TIMED_OUT, _WRONG_TARGET, _REFUSED = b"\x01", b"\x27", b"\x14"


class VirtualPn532:
    """One chip. ``feed`` with no bytes lets it answer what it was still looking for."""

    name = "pn532"

    def __init__(self) -> None:
        self._cards: list[Tag] = []
        self.restart()

    def restart(self) -> None:
        """Lose power and have it again; cards stay where they lie."""
        self._framer = Framer()
        self._is_awake = self._is_configured = False
        self._looks_for_ever = True
        self._targets: list[Tag] = []
        self._looking: int | None = None  # for how many cards
        self._last = b""

    def lay(self, card: Tag) -> None:
        """Lay a card beside those that lie there."""
        self._cards.append(card)

    def take(self, card: Tag) -> None:
        """Take a card away."""
        self._cards.remove(card)

    def feed(self, data: bytes) -> bytes:
        """Take what the host sends, and answer what the chip does."""
        if not self._is_awake:
            self._is_awake = _WAKES in data
            data = data[data.find(_WAKES) :] if self._is_awake else b""
        said = b"".join(
            self._hear(found) for found in self._framer.feed(data) if isinstance(found, Frame)
        )
        if self._looking is not None and self._cards:
            said += self._say(self._found(self._looking))
        return said

    def _hear(self, heard: Frame) -> bytes:
        match heard.kind:
            case "nak":
                return self._last
            case "ack":  # the host gives its command up
                self._looking = None
                return b""
            case "command":
                self._looking = None
                answer = self._do(heard.code, heard.data)
                return ACK if answer is None else ACK + self._say(answer)
            case _:
                return b""

    def _say(self, answer: bytes) -> bytes:
        self._last = frame(answer, host=False) if answer else _ERROR
        return self._last

    def _do(self, command: int, data: bytes) -> bytes | None:
        """Answer code and data; None for nothing yet, and no bytes for the error frame."""
        code = bytes([command + 1])
        match command:
            case _ if command == SAM_CONFIGURATION and data:
                self._is_configured = True
                return code
            case _ if command == GET_FIRMWARE_VERSION:
                return code + _FIRMWARE
            case _ if command == RF_CONFIGURATION and data:
                if data[0] == _RETRIES and len(data) == 4:
                    self._looks_for_ever = data[3] == _FOR_EVER
                return code
            case _ if command == IN_LIST_PASSIVE_TARGET and len(data) >= 2:
                return self._look(data[0], data[1])
            case _ if command == IN_DATA_EXCHANGE and data:
                return code + self._exchange(data[0], data[1:])
            case _:
                return b""

    def _look(self, most: int, kind: int) -> bytes | None:
        if not 1 <= most <= _MOST_TARGETS:
            return b""
        if kind == _TYPE_A and self._is_configured and (self._cards or not self._looks_for_ever):
            return self._found(most)
        self._looking = most if kind == _TYPE_A and self._is_configured else None
        return None

    def _found(self, most: int) -> bytes:
        self._looking, self._targets = None, self._cards[:most]
        said = bytes([IN_LIST_PASSIVE_TARGET + 1, len(self._targets)])
        for number, card in enumerate(self._targets, start=1):
            atqa = b"\x00\x44" if len(card.uid) > 4 else b"\x00\x04"
            said += bytes([number]) + atqa + bytes([card.sak, len(card.uid)]) + card.uid
        return said

    def _exchange(self, number: int, sent: bytes) -> bytes:
        if not 1 <= number <= len(self._targets):
            return _WRONG_TARGET
        card = self._targets[number - 1]
        if card not in self._cards:
            return _TIMED_OUT
        if card.sak != _TYPE_2 or len(sent) != 2 or sent[0] != _READ:
            return _REFUSED
        begin = 4 * sent[1]
        page = (card.memory + card.memory)[begin : begin + 16]  # a reading goes round at the end
        return b"\x00" + page if begin < len(card.memory) else _TIMED_OUT

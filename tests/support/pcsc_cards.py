"""The cards that tests lay on virtual readers of PC/SC, by their kind."""

import threading

from drivers.virtual.cards import Type2Card, UidCard, VirtualCard

__all__ = ["GSRN", "Torn", "make_card"]

GSRN = "061414112345678902"


def make_card(kind: str, uid: bytes) -> VirtualCard:
    """Make a card: ``uid``, or ``type_2`` with the address of a member."""
    match kind:
        case "uid":
            return UidCard(uid)
        case "type_2":
            return Type2Card(uid, _link())
    raise ValueError(kind)


def _link() -> bytes:
    address = b"id.example.test/8018/" + GSRN.encode()
    return bytes([0xD1, 0x01, len(address) + 1, 0x55, 0x04]) + address


class Torn:
    """A card that answers one command, and the next one not before it is over."""

    def __init__(self, card: VirtualCard) -> None:
        self.atr = card.atr
        self.reached, self.over = threading.Event(), threading.Event()
        self._card = card
        self._commands = 0

    def answer(self, apdu: bytes) -> bytes:
        self._commands += 1
        if self._commands > 1:
            self.reached.set()
            self.over.wait(30)
        return self._card.answer(apdu)

    def reset(self) -> None:
        self._card.reset()

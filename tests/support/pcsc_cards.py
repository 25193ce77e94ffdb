"""The cards that tests lay on virtual readers of PC/SC, by their kind."""

import threading

from drivers.virtual.cards import Type2Card, UidCard, VirtualCard
from drivers.virtual.type_4 import Ntag424Card, Type4Card, address_message

__all__ = ["GSRN", "Torn", "make_card"]

GSRN = "061414112345678902"
_ADDRESS = f"https://id.example.test/8018/{GSRN}"


def make_card(kind: str, uid: bytes) -> VirtualCard:
    """Make a card: ``uid``, ``type_2`` or ``type_4`` with the address of a member, ``ntag_424``
    with keys of zeros, or ``replayed``, which says for ever what that one said first.
    """
    match kind:
        case "uid":
            return UidCard(uid)
        case "type_2":
            return Type2Card(uid, address_message(_ADDRESS))
        case "type_4":
            return Type4Card(uid, address_message(_ADDRESS))
        case "ntag_424":
            return Ntag424Card(uid)
        case "replayed":
            replayed = Ntag424Card(uid)
            said = replayed.address()
            replayed.address = lambda: said
            return replayed
    raise ValueError(kind)


class Torn:
    """A card that answers one command, and hangs up at the next one once it is over."""

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
            raise ConnectionAbortedError("torn away")
        return self._card.answer(apdu)

    def reset(self) -> None:
        self._card.reset()

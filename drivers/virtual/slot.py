"""An emulated PC/SC reader: a slot of vpcd on which cards are laid, as on a line's reader.

The reader itself is pcscd's, and stays there when nothing lies on it: it cannot be pulled out here.
"""

import threading
import time

from drivers.virtual.cards import VirtualCard
from drivers.virtual.nfc_cards import NfcCard, virtual_card
from drivers.virtual.vpcd import FIRST_PORT, VpcdSlot, is_awaited

__all__ = ["VirtualSlot", "VpcdMissing"]

_FORGETS_S = 1.0
"""pcscd looks every 0.4 s whether a card is there, and one that is back within 0.5 s never left."""


class VpcdMissing(OSError):
    """No vpcd waits for a card; the message says how to have one."""


class VirtualSlot:
    """One slot. ``port`` is what pcscd calls its reader; a card keeps what it remembers."""

    def __init__(self, *, vpcd_port: int, meta_key: bytes, file_key: bytes) -> None:
        self._vpcd_port, self._meta_key, self._file_key = vpcd_port, meta_key, file_key
        self._slot = VpcdSlot(port=vpcd_port)
        self._cards: dict[NfcCard, VirtualCard] = {}
        self._card: NfcCard | None = None
        self._left_s: dict[NfcCard, float] = {}
        self.is_plugged_in = False

    @property
    def port(self) -> str:
        """The reader's name."""
        return f"Virtual PCD 00 {int(self._vpcd_port == FIRST_PORT + 1):02}"

    @property
    def card(self) -> NfcCard | None:
        """The card that lies there."""
        return self._card

    def plug_in(self) -> None:
        """See that the reader is there. Raises VpcdMissing."""
        if not is_awaited(self._vpcd_port):
            raise VpcdMissing(_missing(self._vpcd_port))
        self.is_plugged_in = True

    def unplug(self) -> None:
        """Take the card away, and be done."""
        self.take_away()
        self.is_plugged_in = False

    def lay(self, card: NfcCard) -> None:
        """Lay a card, in the place of one that lies there. Raises VpcdMissing."""
        self._lay(card, self._made(card))

    def take_away(self) -> NfcCard | None:
        """Take away the card that lies there, if one does; answers it."""
        card, self._card = self._card, None
        self._slot.remove()
        if card is not None:
            self._left_s[card] = time.monotonic()
        return card

    def lay_half(self, card: NfcCard) -> None:
        """Lay a card that is pulled away in the middle of being read."""
        torn = _Torn(self._made(card), answers=0 if card.form == "uid" else 1)
        self._lay(card, torn)
        torn.is_gone.wait(_FORGETS_S)  # where nobody reads it, it is just taken away
        self.take_away()

    def write(self, data: bytes) -> None:
        """Noise is nothing to pcscd: it is asked whole commands alone."""

    def _lay(self, card: NfcCard, made: VirtualCard) -> None:
        self.take_away()
        until_s = self._left_s.pop(card, -_FORGETS_S) + _FORGETS_S
        time.sleep(max(0.0, until_s - time.monotonic()))  # a hand's pace, not a wait for anything
        try:
            self._slot.insert(made)
        except ConnectionError:
            raise VpcdMissing(_missing(self._vpcd_port)) from None
        self._card = card

    def _made(self, card: NfcCard) -> VirtualCard:
        if card not in self._cards:
            keys = {"meta_key": self._meta_key, "file_key": self._file_key}
            self._cards[card] = virtual_card(card, **keys)
        return self._cards[card]


class _Torn:
    """A card that answers so many commands and is gone at the next one."""

    def __init__(self, card: VirtualCard, *, answers: int) -> None:
        self.atr = card.atr
        self.is_gone = threading.Event()
        self._card, self._left = card, answers

    def reset(self) -> None:
        self._card.reset()

    def answer(self, apdu: bytes) -> bytes:
        if self._left == 0:
            self.is_gone.set()
            raise ConnectionAbortedError("pulled away")
        self._left -= 1
        return self._card.answer(apdu)


def _missing(port: int) -> str:
    return (
        f"no vpcd, the virtual reader of pcscd, waits at 127.0.0.1:{port}. On Debian, as root:\n"
        "  apt-get install pcscd vsmartcard-vpcd gcc python3-dev libpcsclite-dev swig\n"
        "  pip install 'tapledger[pcsc]'\n"
        "  systemctl restart pcscd.socket pcscd\n"
        "It is there while pcscd runs, which an idle one does for a minute: start the agent, or "
        "watch, first."
    )

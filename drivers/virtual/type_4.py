"""Virtual cards with a processor: a Type 4 tag, and the NTAG 424 DNA that signs each tap.

>>> card = Ntag424Card(bytes.fromhex("04DE5F1EACC040"), counter=60)
>>> card.address(), card.counter
('https://card.example.test/?e=...&c=...', 61)

The address on an NTAG 424 is made anew when its file is read first after it was selected, as the
chip does it (NT4H2421Gx, section 9.3): the counter is one higher, and the random bytes are others.
"""

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from drivers.virtual.cards import DESFIRE_ATR, NO_SUCH_COMMAND, WELL, WRONG_LENGTH, UidCard

__all__ = ["Ntag424Card", "Type4Card", "address_message", "signed"]

_APPLICATION = bytes.fromhex("D2760000850101")
_CONTAINER, _NDEF = b"\xe1\x03", b"\xe1\x04"
_NOT_FOUND = b"\x6a\x82"
_NOT_SELECTED, _BEYOND = b"\x69\x85", b"\x6b\x00"
_SV2 = bytes.fromhex("3CC300010080")
_HTTPS = b"\x04"


def address_message(address: str) -> bytes:
    """Make the message of one record with an address of https."""
    payload = _HTTPS + address.removeprefix("https://").encode()
    if len(payload) < 0x100:
        return b"\xd1\x01" + bytes([len(payload)]) + b"U" + payload
    return b"\xc1\x01" + len(payload).to_bytes(4) + b"U" + payload


def signed(shown: bytes, meta_key: bytes, file_key: bytes) -> str:
    """Make what a chip writes of its number and counter, low byte first (AN12196, section 3.4)."""
    encryptor = Cipher(AES(meta_key), CBC(bytes(16))).encryptor()
    picc = encryptor.update(b"\xc7" + shown + secrets.token_bytes(5)) + encryptor.finalize()
    mac = _cmac(_cmac(file_key, _SV2 + shown), b"")[1::2]
    return f"e={picc.hex().upper()}&c={mac.hex().upper()}"


def _cmac(key: bytes, data: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(data)
    return cmac.finalize()


class Type4Card(UidCard):
    """A DESFire with the application of the NFC Forum, of whose file ``at_once`` may be read."""

    def __init__(
        self,
        uid: bytes,
        message: bytes = b"",
        *,
        at_once: int = 0x3B,
        size: int = 0x400,
        atr: bytes = DESFIRE_ATR,
    ) -> None:
        super().__init__(uid, atr=atr)
        self.message = message
        self._at_once, self._size = at_once, size
        self._in_application = False
        self._file: bytes | None = None

    def reset(self) -> None:
        """Select nothing."""
        self._in_application, self._file = False, None

    def _more(self, apdu: bytes) -> bytes:
        if apdu[0] != 0x00:
            return super()._more(apdu)
        if apdu[1] == 0xA4:
            return self._select(apdu)
        if apdu[1] == 0xB0:
            return self._read(apdu)
        return NO_SUCH_COMMAND

    def _select(self, apdu: bytes) -> bytes:
        name = apdu[5 : 5 + apdu[4]] if len(apdu) > 5 else b""
        if apdu[2:4] == b"\x04\x00":
            self._in_application, self._file = name == _APPLICATION, None
            return WELL if self._in_application else _NOT_FOUND
        if apdu[2:4] != b"\x00\x0c" or not self._in_application:
            return _NOT_FOUND
        self._file = self._contents(name)
        return _NOT_FOUND if self._file is None else WELL

    def _contents(self, name: bytes) -> bytes | None:
        if name == _CONTAINER:
            head = b"\x00\x0f\x20" + self._at_once.to_bytes(2) + b"\x00\x34\x04\x06"
            return head + _NDEF + self._size.to_bytes(2) + b"\x00\x00"
        if name == _NDEF:
            return (len(self.message).to_bytes(2) + self.message).ljust(self._size, b"\x00")
        return None

    def _read(self, apdu: bytes) -> bytes:
        if self._file is None:
            return _NOT_SELECTED
        if len(apdu) != 5:
            return WRONG_LENGTH
        at, count = int.from_bytes(apdu[2:4]), apdu[4] or 0x100
        if at >= len(self._file) or count > self._at_once:
            return _BEYOND
        return self._file[at : at + count] + WELL


class Ntag424Card(Type4Card):
    """A card that signs, with encrypted PICC data; ``counter`` is of the last tap.

    ``random_uid`` is the chip's setting to show the reader another number each time. ``address``
    may be exchanged, for a card that says what it likes.
    """

    def __init__(
        self,
        uid: bytes,
        *,
        meta_key: bytes = bytes(16),
        file_key: bytes = bytes(16),
        counter: int = 0,
        random_uid: bool = False,
        base: str = "https://card.example.test/",
    ) -> None:
        super().__init__(uid, at_once=0x100, size=0x100)
        self.chip_uid, self.counter = uid, counter
        self.address: Callable[[], str] = self._next_address
        self._meta_key, self._file_key = meta_key, file_key
        self._random_uid, self._base = random_uid, base
        self._fresh = False
        self.reset()

    def reset(self) -> None:
        """Lay it down anew."""
        super().reset()
        if self._random_uid:
            self.uid = b"\x08" + secrets.token_bytes(3)

    def _next_address(self) -> str:
        """Sign one more tap."""
        self.counter += 1
        shown = self.chip_uid + self.counter.to_bytes(3, "little")
        return f"{self._base}?{signed(shown, self._meta_key, self._file_key)}"

    def _contents(self, name: bytes) -> bytes | None:
        self._fresh = name == _NDEF
        return super()._contents(name)

    def _read(self, apdu: bytes) -> bytes:
        if self._fresh:
            self._fresh = False
            self.message = address_message(self.address())
            self._file = super()._contents(_NDEF)
        return super()._read(apdu)

"""The devices that can be had without hardware, by the name of their driver.

The demo, the tests and ``tapledger devices emulate`` all take them from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from agent.core.tokens import Token, TokenRefused
from drivers.events import ProductRead, RefusedFrame, TokenRead
from drivers.presence import GONE_AFTER_S
from drivers.readers import em4100, pn532, uhf18, wiegand
from drivers.scanners import barcode
from drivers.virtual.emulated import Emulated, EmulatedDevice, Wishes
from drivers.virtual.keyboard import VirtualKeyboard, typed_from
from drivers.virtual.line import VirtualLine
from drivers.virtual.nfc_cards import NfcCard, nfc_card_from
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.scans import scan_from, scan_of
from drivers.virtual.slot import VirtualSlot
from drivers.virtual.tags import gsrn_epc, tag_of
from drivers.virtual.talk import Answering, Speaking, Talk
from drivers.virtual.uhf18 import VirtualUhf18
from drivers.virtual.vpcd import reader_conf

__all__ = [
    "BARCODE",
    "EM4100",
    "HID",
    "KINDS",
    "PCSC",
    "PN532",
    "UHF18",
    "WIEGAND",
    "EmulatedKeyboard",
    "EmulatedKind",
    "EmulatedReader",
]

C = TypeVar("C")

_REPEAT_S = 0.060
_GSRN_DIGITS = 18
_END_OF_A_FRAME = b"8E\x03"


@dataclass(frozen=True, kw_only=True, slots=True)
class EmulatedKind(Emulated[C]):
    """One on a serial line. ``forgets_s`` is how long its driver remembers a card that was taken
    away.
    """

    baud: int
    make_talk: Callable[[], Talk[C]]
    forgets_s: float = GONE_AFTER_S

    def make(self, link: Path | None = None) -> VirtualLine[C]:
        """Make one that is not plugged in yet."""
        return VirtualLine(self.make_talk(), baud=self.baud, link=link, forgets_s=self.forgets_s)

    def device(self, wishes: Wishes) -> VirtualLine[C]:
        """Make one that is not plugged in yet."""
        return self.make(None if wishes.link is None else wishes.link.absolute())


@dataclass(frozen=True, kw_only=True, slots=True)
class EmulatedReader(Emulated[NfcCard]):
    """One that pcscd serves, by vpcd."""

    def device(self, wishes: Wishes) -> VirtualSlot:
        """Make one on which nothing lies."""
        return VirtualSlot(
            vpcd_port=wishes.vpcd_port, meta_key=wishes.meta_key, file_key=wishes.file_key
        )

    def said_of(self, device: EmulatedDevice[NfcCard], wishes: Wishes) -> dict[str, str | bool]:
        """Answer its port, and the keys with which the cards of ``sdm:`` sign."""
        return {
            "port": str(device.port),
            "sdm_meta_key": wishes.meta_key.hex().upper(),
            "sdm_file_key": wishes.file_key.hex().upper(),
            "accept_unsigned": True,
        }

    def beside(self, wishes: Wishes) -> tuple[str, ...]:
        """Answer how pcscd is told of vpcd, where its package did not."""
        told = [f"  {line}" for line in reader_conf(port=wishes.vpcd_port).splitlines()]
        return ("For pcscd, where /etc/reader.conf.d/vpcd does not say it already:", "", *told, "")


def _em4100_from(text: str) -> Token:
    return _token("em4100", text, "an EM4100 card has ten hex digits, such as 0C000621A5")


def _wiegand_from(text: str) -> Token:
    say = "a Wiegand card is FACILITY-CARD, up to 255-65535, such as 6-8613"
    token = _token("wiegand", text, say)
    facility, card = map(int, token.value.split("-"))
    if facility > 255 or card > 65_535:
        raise ValueError(say)
    return token


def _nfc_from(text: str) -> Token:
    """Take a chip's number, or a member's that stands on the card."""
    text = text.strip()
    if len(text.removeprefix("gsrn:")) == _GSRN_DIGITS and text.removeprefix("gsrn:").isdigit():
        return _uhf_from(text)
    say = "an NFC card is its chip's number of 8, 14 or 20 hex digits, such as 0416C6C2D73881"
    token = _token("uid", text, f"{say}, or a member's GSRN that stands on it")
    if len(token.value) not in (8, 14, 20):
        raise ValueError(say)
    return token


def _uhf_from(text: str) -> Token:
    say = "a member's tag has a GSRN of 18 digits, such as 061414112345678902"
    return _token("gsrn", text, say)


def _token(scheme: str, text: str, say: str) -> Token:
    try:
        return Token.parse(f"{scheme}:{text.strip().removeprefix(f'{scheme}:')}")
    except TokenRefused:
        raise ValueError(say) from None


def _masked_token(token: Token) -> str:
    return token.masked


def _masked_scan(text: str) -> str:
    """Name a scan by what it is taken for: a number that is a card's is masked as a card's is."""
    match barcode.BarcodeParser().feed(scan_of(text)):
        case [TokenRead(token=token)]:
            return token.masked
        case [ProductRead(gtin=gtin)]:
            return f"product {gtin}"
        case [RefusedFrame(reason=reason)]:
            return f"a code that is refused ({reason})"
        case _:
            return "a code"


EM4100: EmulatedKind[Token] = EmulatedKind(
    kind="reader",
    driver="em4100",
    about="an RDM6300, which says its card every 60 ms while it lies there",
    baud=em4100.BAUD,
    example="0C000621A5",
    card_from=_em4100_from,
    masked=_masked_token,
    make_talk=lambda: Speaking(em4100.frame, repeat_s=_REPEAT_S, greeting=_END_OF_A_FRAME),
)

WIEGAND: EmulatedKind[Token] = EmulatedKind(
    kind="reader",
    driver="wiegand",
    about="a Wiegand reader behind a serial converter, which says a card once",
    baud=wiegand.BAUD,
    example="6-8613",
    card_from=_wiegand_from,
    masked=_masked_token,
    make_talk=lambda: Speaking(wiegand.line_of),
)

BARCODE: EmulatedKind[str] = EmulatedKind(
    kind="scanner",
    driver="barcode",
    about="a barcode scanner, which sends AIM ids and a carriage return",
    baud=barcode.BAUD,
    example="5901234123457",
    card_from=scan_from,
    masked=_masked_scan,
    make_talk=lambda: Speaking(scan_of),
    forgets_s=0.0,
)

PN532: EmulatedKind[Token] = EmulatedKind(
    kind="reader",
    driver="pn532",
    about="a PN532, which is asked for the NFC cards that lie there",
    baud=pn532.BAUD,
    example="0416C6C2D73881",
    card_from=_nfc_from,
    masked=_masked_token,
    make_talk=lambda: Answering(VirtualPn532, tag_of),
)

UHF18: EmulatedKind[Token] = EmulatedKind(
    kind="reader",
    driver="uhf18",
    about="a UHFReader18 at a door, which is asked for the tags in its field",
    baud=uhf18.BAUD,
    example="061414112345678902",
    card_from=_uhf_from,
    masked=_masked_token,
    make_talk=lambda: Answering(VirtualUhf18, gsrn_epc),
    forgets_s=0.0,  # who was there is there still
    tap_s=3.0,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EmulatedKeyboard(Emulated[str]):
    """One that types."""

    def device(self, wishes: Wishes) -> VirtualKeyboard:
        """Make one that is not plugged in yet."""
        return VirtualKeyboard(None if wishes.link is None else wishes.link.absolute())


HID = EmulatedKeyboard(
    kind="scanner",
    driver="hid",
    about="a scanner that types as a keyboard, by the kernel's uinput",
    example="5901234123457",
    card_from=typed_from,
    masked=_masked_scan,
)

PCSC = EmulatedReader(
    kind="reader",
    driver="pcsc",
    about="a reader of pcscd, by its virtual reader vpcd",
    example="061414112345678902",
    card_from=nfc_card_from,
    masked=lambda card: card.about,
    tap_s=1.5,  # pcscd takes up to 0.4 s to see a card, and a tag has to be read
    has_line=False,
    wishes=frozenset({"vpcd_port", "meta_key", "file_key"}),
)

KINDS: Mapping[str, Emulated[Any]] = {
    kind.driver: kind for kind in (EM4100, WIEGAND, PN532, PCSC, UHF18, BARCODE, HID)
}
"""Every kind that ``tapledger devices emulate`` knows."""

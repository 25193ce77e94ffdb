"""Every driver is held to one suite: unplugged, garbled, cut in pieces, flooded, asleep."""

import random

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.conformance import AskedRig, DeviceConformance, LineRig, PcscRig, Rig
from drivers.pcsc.driver import PCSC
from drivers.readers.em4100 import frame
from drivers.readers.uhf18 import report
from drivers.readers.wiegand import line_of
from drivers.scanners.hid_parser import EVENT_BYTES, events_of, packed
from drivers.serial_drivers import (
    BARCODE,
    EM4100,
    HID,
    PN532,
    UHF18,
    WIEGAND,
    Em4100Options,
    Pn532Options,
    Uhf18Options,
)
from drivers.virtual.cards import UidCard
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import Tag, gsrn_epc, tag_of
from drivers.virtual.uhf18 import VirtualUhf18


def _em4100(card: int) -> Token:
    return Token("em4100", f"{0x0C00062100 + card:010X}")


class TestEm4100(DeviceConformance):
    """RDM6300 and ID-12LA."""

    def rig(self) -> Rig:
        return LineRig(EM4100, lambda card: frame(_em4100(card)), _em4100)


class TestEm18(DeviceConformance):
    """EM-18: bare characters that only silence frames."""

    def rig(self) -> Rig:
        options = Em4100Options(framing="gap")
        return LineRig(EM4100, lambda card: frame(_em4100(card))[1:-1], _em4100, options=options)


def _wiegand(card: int) -> Token:
    return Token("wiegand", f"{card // 60_000}-{card % 60_000 + 1}")


class TestWiegand(DeviceConformance):
    """A converter that sends decimal digits."""

    def rig(self) -> Rig:
        return LineRig(WIEGAND, lambda card: line_of(_wiegand(card)), _wiegand)


def _gsrn(card: int) -> Token:
    return Token("gsrn", with_check_digit(f"0614141{card:010d}"))


class TestBarcode(DeviceConformance):
    """A scanner that sends GS1-128 and a carriage return."""

    def rig(self) -> Rig:
        return LineRig(BARCODE, lambda card: f"]C18018{_gsrn(card).value}\r".encode(), _gsrn)


def _uid(card: int) -> Token:
    return Token("uid", f"{0x04A1B2C3D40000 + card:014X}")


class TestPn532(DeviceConformance):
    """A chip that is asked, and cards that are their UID."""

    def rig(self) -> Rig:
        return AskedRig(
            PN532,
            VirtualPn532(),
            lambda card: tag_of(_uid(card)),
            _uid,
            number=lambda tag: tag.uid,
            options=Pn532Options(read_ndef=False),
        )


class TestPn532Ndef(DeviceConformance):
    """The same chip, and members' cards on which their number stands."""

    def rig(self) -> Rig:
        return AskedRig(
            PN532, VirtualPn532(), lambda card: tag_of(_gsrn(card)), _gsrn, number=_first_page
        )


def _first_page(tag: Tag) -> bytes:
    return tag.memory[12:28]


_AT_ONCE = {"arrive_sightings": 1, "gone_after_s": 0.5}
"""Who was read once has arrived, and leaves as soon as a card is taken from a reader at a till."""


def _epc(card: int) -> bytes:
    return gsrn_epc(_gsrn(card))


def _asked_uhf18(options: Uhf18Options) -> Rig:
    return AskedRig(UHF18, VirtualUhf18(), _epc, _gsrn, number=bytes, at_once=16, options=options)


class TestUhf18(DeviceConformance):
    """A reader at a door that is asked who is there: what is told are arrivals."""

    def rig(self) -> Rig:
        return _asked_uhf18(Uhf18Options(**_AT_ONCE))


class TestUhf18Cards(DeviceConformance):
    """The same reader at a till, where it tells cards, and beeps for each."""

    def rig(self) -> Rig:
        return _asked_uhf18(Uhf18Options(tells="cards", buzzer=True))


class TestUhf18Active(DeviceConformance):
    """A reader at a door that reports by itself."""

    def rig(self) -> Rig:
        options = Uhf18Options(mode="active", **_AT_ONCE)
        return LineRig(UHF18, lambda card: report(_epc(card)), _gsrn, options=options)


def _keys(dice: random.Random, length: int) -> bytes:
    """Any keys, pressed and let go in any order, as a cat on a keyboard does it."""
    some = range(length // EVENT_BYTES)
    return packed((1, dice.randrange(1, 128), dice.randrange(3)) for _ in some)


class TestHid(DeviceConformance):
    """A scanner that pretends to be a keyboard, set to AIM ids and Enter."""

    def rig(self) -> Rig:
        return LineRig(
            HID, lambda card: events_of(f"]C18018{_gsrn(card).value}\r"), _gsrn, noise=_keys
        )


def _card(card: int) -> UidCard:
    return UidCard(bytes.fromhex(_uid(card).value))


class TestPcsc(DeviceConformance):
    """A reader that pcscd serves."""

    def rig(self) -> Rig:
        return PcscRig(PCSC, _card, _uid)


class TestPcscd(DeviceConformance):
    """A reader whose pcscd is killed and restarted."""

    def rig(self) -> Rig:
        return PcscRig(PCSC, _card, _uid, gone="service")

"""Every driver is held to one suite: unplugged, garbled, cut in pieces, flooded, asleep."""

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.conformance import DeviceConformance, LineRig, PcscRig, Rig
from drivers.pcsc.driver import PCSC
from drivers.readers.em4100 import frame
from drivers.readers.wiegand import line_of
from drivers.serial_drivers import BARCODE, EM4100, WIEGAND, Em4100Options
from drivers.virtual.cards import UidCard


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
    return Token("uid", f"04{card:012X}")


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

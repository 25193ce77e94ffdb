"""Every driver is held to one suite: unplugged, garbled, cut in pieces, flooded, asleep."""

from agent.core.tokens import Token
from drivers.conformance import DeviceConformance, LineRig, Rig
from drivers.readers.em4100 import frame
from drivers.serial_drivers import EM4100, Em4100Options


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

"""The drivers of serial readers and scanners that tapledger ships."""

from typing import Literal, cast

from drivers.device import DriverOptions
from drivers.readers.em4100 import BAUD, Em4100GapParser, Em4100Parser
from drivers.serial_driver import SerialDriver, SerialOptions
from drivers.session import Listening, Session

__all__ = ["EM4100", "Em4100Options"]


class Em4100Options(SerialOptions):
    """What may be said of an EM4100 reader."""

    framing: Literal["stx", "gap"] = "stx"
    """``gap`` for bare characters framed by silence, as an EM-18 sends them."""


def _em4100(options: DriverOptions) -> Session:
    framing = cast(Em4100Options, options).framing
    return Listening(Em4100GapParser() if framing == "gap" else Em4100Parser())


EM4100 = SerialDriver(baud=BAUD, make_session=_em4100, options=Em4100Options)

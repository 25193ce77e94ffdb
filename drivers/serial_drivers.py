"""The drivers of serial readers and scanners that tapledger ships, and of keyboard scanners."""

from typing import Annotated, Literal, cast

from pydantic import StringConstraints

from drivers.device import DriverOptions
from drivers.readers import wiegand
from drivers.readers.em4100 import BAUD, Em4100GapParser, Em4100Parser
from drivers.scanners import barcode
from drivers.scanners.hid_parser import HidParser
from drivers.scanners.hid_port import open_keyboard
from drivers.serial_driver import SerialDriver, SerialOptions, listening
from drivers.session import Listening, Session

__all__ = [
    "BARCODE",
    "EM4100",
    "HID",
    "WIEGAND",
    "BarcodeOptions",
    "Em4100Options",
    "ScannerOptions",
]


class Em4100Options(SerialOptions):
    """What may be said of an EM4100 reader."""

    framing: Literal["stx", "gap"] = "stx"
    """``gap`` for bare characters framed by silence, as an EM-18 sends them."""


def _em4100(options: DriverOptions) -> Session:
    framing = cast(Em4100Options, options).framing
    return Listening(Em4100GapParser() if framing == "gap" else Em4100Parser())


EM4100 = SerialDriver(baud=BAUD, make_session=_em4100, options=Em4100Options)

WIEGAND = SerialDriver(baud=wiegand.BAUD, make_session=listening(wiegand.WiegandParser))


class ScannerOptions(DriverOptions):
    """What may be said of any barcode scanner."""

    member_prefixes: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}$")], ...] = ()
    """In-store EAN-13 that begin so are member cards."""


class BarcodeOptions(SerialOptions, ScannerOptions):
    """What may be said of a barcode scanner on a serial line."""


def _barcode(options: DriverOptions) -> Session:
    prefixes = cast(BarcodeOptions, options).member_prefixes
    return Listening(barcode.BarcodeParser(member_prefixes=prefixes))


BARCODE = SerialDriver(
    baud=barcode.BAUD, make_session=_barcode, rests=False, options=BarcodeOptions
)


def _hid(options: DriverOptions) -> Session:
    prefixes = cast(ScannerOptions, options).member_prefixes
    return Listening(HidParser(member_prefixes=prefixes))


_USB_BITS_PER_S = 720_000
"""The fastest keyboards are asked a thousand times a second, and a key is 72 bytes of events."""

HID = SerialDriver(
    baud=_USB_BITS_PER_S,
    make_session=_hid,
    rests=False,
    open_port=open_keyboard,
    options=ScannerOptions,
)

"""The drivers of serial readers and scanners that tapledger ships, and of keyboard scanners."""

from typing import Annotated, Literal, cast

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from agent.core.values import Code
from drivers.device import DriverOptions, Place
from drivers.readers import pn532, uhf18, wiegand
from drivers.readers.em4100 import BAUD, Em4100GapParser, Em4100Parser
from drivers.readers.pn532_session import Pn532Session
from drivers.readers.uhf18_session import Uhf18Session
from drivers.scanners import barcode
from drivers.scanners.hid_parser import HidParser
from drivers.scanners.hid_port import open_keyboard
from drivers.serial_driver import SerialDriver, SerialOptions, listening
from drivers.session import Listening, Session
from drivers.sightings import Cards, Sightings, Visits
from drivers.zone import Zone

__all__ = [
    "BARCODE",
    "EM4100",
    "HID",
    "PN532",
    "UHF18",
    "WIEGAND",
    "BarcodeOptions",
    "Em4100Options",
    "Pn532Options",
    "ScannerOptions",
    "Uhf18Options",
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


class Pn532Options(SerialOptions):
    """What may be said of a PN532."""

    read_ndef: bool = True
    """Whether a card is known by the number that stands on it, where one does, before its UID: so
    a member's card is one and the same however it is read, by its chip or by its printed code.
    ``false`` for a shop that registered such cards by their UID.
    """


def _pn532(options: DriverOptions) -> Session:
    return Pn532Session(read_ndef=cast(Pn532Options, options).read_ndef)


PN532 = SerialDriver(baud=pn532.BAUD, make_session=_pn532, options=Pn532Options)


class Uhf18Options(SerialOptions):
    """What may be said of a UHFReader18."""

    mode: Literal["answer", "active"] = "answer"
    """``active`` for a reader that was set to report by itself: it is listened to, never asked."""
    power_dbm: Annotated[int, Field(strict=True, ge=0, le=30)] | None = None
    """The power it is set to where it has another; the reader keeps it."""
    buzzer: bool = False
    """Whether it beeps for each card that comes into its field."""
    tells: Literal["visits", "cards"] = "visits"
    """``cards`` for a reader at the till, whose cards are presented as on any other reader."""
    zone: Code | None = None
    """What the zone is called, that several readers may share; else as the reader."""
    arrive_sightings: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    """Who was read so often within ``window_s`` is here."""
    window_s: Annotated[float, Field(gt=0, le=3600)] = 3.0
    gone_after_s: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    """Who was not read for so long has left."""

    @field_validator("power_dbm", "buzzer")
    @classmethod
    def _only_where_it_is_asked(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("mode") == "active":
            raise ValueError("a reader in active mode is only listened to; set it up beforehand")
        return value

    @field_validator("zone")
    @classmethod
    def _only_where_it_tells_visits(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("tells") == "cards":
            raise ValueError('a reader that tells = "cards" has no zone')
        return value


def _uhf18(options: DriverOptions) -> Session:
    said = cast(Uhf18Options, options)
    if said.mode == "active":
        return Listening(uhf18.UhfReader18Parser())
    return Uhf18Session(power_dbm=said.power_dbm, beeps=said.buzzer)


def _uhf18_sightings(place: Place, options: DriverOptions) -> Sightings:
    said = cast(Uhf18Options, options)
    if said.tells == "cards":
        return Cards(place.name, rests=True)
    zone = Zone(
        arrive_sightings=said.arrive_sightings,
        window_s=said.window_s,
        gone_after_s=said.gone_after_s,
    )
    return Visits(place.name, name=said.zone or place.name, zone=zone)


UHF18 = SerialDriver(
    baud=uhf18.BAUD,
    make_session=_uhf18,
    make_sightings=_uhf18_sightings,
    options=Uhf18Options,
)


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

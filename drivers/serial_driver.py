"""Drivers of devices on a serial line: a baud rate, and what is talked over it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from drivers.device import Driver, DriverOptions, Place, Tell
from drivers.events import Parser
from drivers.line import LineDevice
from drivers.port import Live, OpenPort, Surroundings, open_serial
from drivers.session import Listening, Session
from drivers.sightings import Cards, Sightings

__all__ = ["SerialDriver", "SerialOptions", "listening"]

MakeSession = Callable[[DriverOptions], Session]
MakeSightings = Callable[[Place, DriverOptions], Sightings]


class SerialOptions(DriverOptions):
    """What may be said of any device on a serial line."""

    baud: Annotated[int, Field(strict=True, ge=300, le=4_000_000)] | None = None
    """The speed of its line, where it was set to another than it left the factory with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SerialDriver(Driver):
    """One kind of device on a serial line, or on any URL that pyserial opens.

    ``rests`` says that a card that lies there is repeated, as readers do and scanners do not.
    ``make_sightings`` is for one that tells another thing than each card, ``open_port`` opens
    something else that bytes come from, which may have no baud rate.
    """

    baud: int
    make_session: MakeSession
    rests: bool = True
    make_sightings: MakeSightings | None = None
    open_port: OpenPort = open_serial
    options: type[DriverOptions] = field(default=SerialOptions)

    def make(
        self,
        place: Place,
        options: DriverOptions,
        tell: Tell,
        surroundings: Surroundings | None = None,
    ) -> LineDevice:
        """Make a device that was not started; in the real world where no other is given."""
        if self.make_sightings is None:
            sightings: Sightings = Cards(place.name, rests=self.rests)
        else:
            sightings = self.make_sightings(place, options)
        return LineDevice(
            place,
            baud=getattr(options, "baud", None) or self.baud,
            session=self.make_session(options),
            sightings=sightings,
            tell=tell,
            live=Live(self.open_port),
            surroundings=surroundings,
        )


def listening(make_parser: Callable[[], Parser]) -> MakeSession:
    """Make the session of a device that nobody asks, of its parser."""
    return lambda _: Listening(make_parser())

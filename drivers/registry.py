"""Which drivers there are, by the name a configuration gives them."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.events import Parser
from drivers.readers import em4100

__all__ = ["SERIAL_READERS", "SerialDriver"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SerialDriver:
    """How to talk to one kind of serial reader."""

    baud: int
    make_parser: Callable[[], Parser]


SERIAL_READERS: dict[str, SerialDriver] = {
    "em4100": SerialDriver(baud=em4100.BAUD, make_parser=em4100.Em4100Parser),
}

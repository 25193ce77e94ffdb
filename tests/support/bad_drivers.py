"""Drivers as anybody might write them on a bad day, and an agent that has them.

Each is a reader's driver by its class's name in lower case: ``driver = "hangs"``.
"""

import threading
import time
from pathlib import Path

from agent.core.tokens import Token
from drivers.device import CardPresented, Counters, Device, Driver, DriverOptions, Place, Tell
from drivers.registry import Kind, driver_of
from drivers.serial_driver import SerialDriver, listening

__all__ = ["AGENT", "FLOOD", "driver_of_a_bad_day"]

AGENT = (
    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    "import agent.devices, bad_drivers; "
    "agent.devices.driver_of = bad_drivers.driver_of_a_bad_day; import agent.__main__"
)
"""What Python runs for an agent with these drivers."""

FLOOD = Token("em4100", "F100D00000")


class _Device:
    """Works, and sees nothing."""

    def __init__(self, place: Place, tell: Tell) -> None:
        self.name, self.port, self.tell = place.name, place.port, tell
        self.fault: str | None = None
        self.counters = Counters()
        self.over = threading.Event()

    def start(self) -> None:
        """Begin nothing."""

    def stop(self) -> None:
        """Let go."""
        self.over.set()


class Hangs(_Device):
    """Never comes back from its start, nor from its stop."""

    def start(self) -> None:
        threading.Event().wait()

    stop = start


class Raises(_Device):
    """Cannot be started or stopped."""

    def start(self) -> None:
        raise RuntimeError("no such library")

    stop = start


class Mute(_Device):
    """Cannot say how it is."""

    def __init__(self, place: Place, tell: Tell) -> None:
        super().__init__(place, tell)
        del self.fault, self.counters


class Clings(_Device):
    """Reads for ever in a thread that no stop reaches, and that is no daemon."""

    def start(self) -> None:
        threading.Thread(target=threading.Event().wait, name="clings", daemon=False).start()


class Dies(_Device):
    """Has its thread end with an error that says a card's number."""

    def start(self) -> None:
        threading.Thread(target=self._die, name="dies").start()

    def _die(self) -> None:
        raise ValueError(FLOOD.value)


class Floods(_Device):
    """Tells cards as fast as it can, and never anything else."""

    def start(self) -> None:
        threading.Thread(target=self._flood, name="floods").start()

    def _flood(self) -> None:
        while not self.over.is_set():
            for _ in range(1_000):
                self.tell(CardPresented(device=self.name, token=FLOOD))
            time.sleep(0.001)  # so much is left of the interpreter to everybody else


class _Parser:
    """Fails on whatever it is fed, with what it was fed in its words."""

    def feed(self, data: bytes) -> list[object]:
        raise ValueError(data.decode("latin-1"))

    def idle(self) -> list[object]:
        return []


class _Driver(Driver):
    options = DriverOptions

    def __init__(self, device: type[_Device]) -> None:
        self._device = device

    def make(self, place: Place, options: DriverOptions, tell: Tell) -> Device:  # noqa: ARG002
        return self._device(place, tell)


_DRIVERS: dict[str, Driver] = {
    each.__name__.lower(): _Driver(each) for each in (Hangs, Raises, Mute, Dies, Clings, Floods)
} | {"chokes": SerialDriver(baud=9600, make_session=listening(_Parser))}


def driver_of_a_bad_day(kind: Kind, name: str) -> Driver:
    """Answer one of these drivers, or else the one that is installed."""
    return _DRIVERS.get(name) or driver_of(kind, name)

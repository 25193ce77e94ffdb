"""A driver is told the directory for what it must not forget, and whether it only looks on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent import devices
from agent.devices import ReaderSettings
from drivers.device import Device, DriverOptions, Place, Tell
from drivers.serial_drivers import EM4100


class Noting:
    """A driver that notes the places it was given."""

    options: type[DriverOptions] = DriverOptions

    def __init__(self) -> None:
        self.places: list[Place] = []

    def make(self, place: Place, options: DriverOptions, tell: Tell) -> Device:  # noqa: ARG002
        """Make some device."""
        self.places.append(place)
        return EM4100.make(place, EM4100.options(), tell)


def test_a_place_has_a_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the agent hands in arrives; without it there is none, and a driver can say so."""
    driver = Noting()
    monkeypatch.setattr(devices, "driver_of", lambda _kind, _name: driver)
    reader = ReaderSettings(name="front", driver="noting", port="/dev/front")
    tell: Callable[[object], None] = lambda _event: None  # noqa: E731
    reader.make(tell, state=tmp_path)
    reader.make(tell, state=tmp_path, looks_on=True)
    reader.make(tell)
    named = {"name": "front", "port": "/dev/front"}
    assert driver.places == [
        Place(**named, state=tmp_path),
        Place(**named, state=tmp_path, looks_on=True),
        Place(**named),
    ]

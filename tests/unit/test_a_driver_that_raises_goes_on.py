"""A driver with a mistake in it is said to have one, tells no card, and reads the next one."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, Place
from drivers.events import Event
from drivers.readers.em4100 import Em4100Parser, frame
from drivers.serial_driver import SerialDriver, SerialOptions, listening
from drivers.virtual.world import Looks, ScriptedWorld, Sends

GOOD, BAD = Token("em4100", "0C000621A5"), Token("em4100", "67003B51C6")


class _Mistaken(Em4100Parser):
    def feed(self, data: bytes) -> list[Event]:
        if BAD.value.encode() in data:
            return [{}[data.decode()]]  # as careless code does, with the card in its words
        return super().feed(data)


def test_it_is_lost_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    """What it raised is its fault for an engineer, without the card; then it works again."""
    told: list[DeviceEvent] = []
    faults: list[str | None] = []
    acts = [Sends(frame(BAD)), Looks(), Sends(frame(GOOD)), Looks()]
    world = ScriptedWorld(acts, look=lambda: faults.append(device.fault))
    driver = SerialDriver(baud=9_600, make_session=listening(_Mistaken))
    device = driver.make(
        Place(name="front", port="/dev/front"), SerialOptions(), told.append, world
    )
    with capture_logs() as logs:
        device.run()
    assert told == [CardPresented(device="front", token=GOOD)]
    assert faults[0] is not None
    assert faults[0].startswith("its driver failed: KeyError at ")
    assert Path(__file__).name in faults[0]
    assert faults[1] is None
    assert [line["event"] for line in logs[:3]] == ["reader_found", "reader_lost", "reader_found"]
    assert BAD.value not in f"{logs}{faults}{capsys.readouterr()}"

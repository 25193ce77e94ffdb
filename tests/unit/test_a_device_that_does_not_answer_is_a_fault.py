"""A device that is silent on an open port is a fault, said once and over once it answers."""

import pytest
from structlog.testing import capture_logs

from drivers.device import Place
from drivers.line import NOT_ANSWERING, LineDevice
from drivers.serial_driver import SerialDriver
from drivers.serial_drivers import EM4100, PN532, UHF18
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.uhf18 import VirtualUhf18
from drivers.virtual.world import Act, Does, Looks, ScriptedWorld, Silent

ASKED = [(PN532, VirtualPn532), (UHF18, VirtualUhf18)]


class Story:
    """A device on a port that is always there, which hears nothing while it is ``deaf``."""

    def __init__(self, driver: SerialDriver, make: type[VirtualPn532 | VirtualUhf18]) -> None:
        self._answers, self._deaf = make(), False
        self._driver = driver
        self.faults: list[str | None] = []

    def play(self, *acts: Act) -> None:
        """Let these happen, and look at the fault where it says so."""
        self.world = ScriptedWorld(acts, answer=self._answer, look=self._look)
        place = Place(name="front", port="/dev/front")
        self._device: LineDevice = self._driver.make(
            place, self._driver.options(), lambda _: None, self.world
        )
        with capture_logs() as logs:
            self._device.run()
        self.logged = [line["event"] for line in logs]

    def deaf(self, *, deaf: bool) -> Does:
        """Have it hear nothing from now on, or wake up with no memory of what was."""

        def turn() -> None:
            self._deaf = deaf
            self._answers.restart()

        return Does(turn)

    def _answer(self, data: bytes) -> bytes:
        return b"" if self._deaf else self._answers.feed(data)

    def _look(self) -> None:
        self.faults.append(self._device.fault)


@pytest.mark.parametrize(("driver", "make"), ASKED)
def test_silence_is_said_once_and_its_end_once(
    driver: SerialDriver, make: type[VirtualPn532 | VirtualUhf18]
) -> None:
    """A device that falls silent for a minute is lost once and found once, on one open port."""
    story = Story(driver, make)
    story.play(
        *(Silent(5.0), Looks()),
        *(story.deaf(deaf=True), Silent(60.0), Looks()),
        *(story.deaf(deaf=False), Silent(5.0), Looks()),
    )
    assert story.faults == [None, NOT_ANSWERING, None]
    assert story.logged == ["reader_found", "reader_lost", "reader_found"]
    assert (story.world.attempts, story.world.waited) == (1, [])


@pytest.mark.parametrize(("driver", "make"), ASKED)
def test_a_device_that_never_answered_was_never_found(
    driver: SerialDriver, make: type[VirtualPn532 | VirtualUhf18]
) -> None:
    """An open port with nothing behind it is a reader that is lost, and not one that was there."""
    story = Story(driver, make)
    story.play(story.deaf(deaf=True), Silent(60.0), Looks())
    assert story.faults == [NOT_ANSWERING]
    assert story.logged == ["reader_lost"]
    assert story.world.attempts == 1


def test_a_device_that_only_speaks_may_be_silent() -> None:
    """Nobody can know of a reader that is not asked more than that its port is open."""
    story = Story(EM4100, VirtualPn532)
    story.play(Silent(60.0), Looks())
    assert (story.faults, story.logged) == ([None], ["reader_found"])
    assert story.world.written == []

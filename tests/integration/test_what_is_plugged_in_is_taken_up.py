"""A device that is configured is taken up when it appears; one that is not is never touched.

No promise here depends on how fast: where looking at the port's file is what is tested, the wait
that it cuts short is an hour.
"""

import os
import sys
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.core.tokens import Token
from agent.devices import ReaderSettings, ScannerSettings
from agent.tools.waiting import wait_until
from drivers import port
from drivers.device import CardPresented, DeviceEvent
from drivers.port import Live
from drivers.readers.em4100 import frame
from drivers.registry import names_of

CARD = Token("em4100", "0C000621A5")

Plug = Callable[[], tuple[int, str]]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Make a terminal appear: the far end of its cable, and its name."""
    with ExitStack() as opened:

        def plug() -> tuple[int, str]:
            master, slave = os.openpty()
            opened.callback(os.close, master)
            tty.setraw(slave)
            name = os.ttyname(slave)
            os.close(slave)
            return master, name

        yield plug


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait an hour before an attempt, unless something is seen before."""
    monkeypatch.setattr(port, "_FIRST_S", 3_600.0)
    monkeypatch.setattr(port, "_LONGEST_S", 3_600.0)


@pytest.mark.usefixtures("patient")
def test_a_name_that_appears_is_opened_at_once(tmp_path: Path, plug: Plug) -> None:
    """A reader whose stable name udev makes, takes away and makes again needs no attempt's turn."""
    by_id = tmp_path / "usb-Acme_Reader_0001-if00-port0"
    told: list[DeviceEvent] = []
    settings = ReaderSettings(name="front", driver="em4100", port=str(by_id))
    device = settings.make(told.append)
    device.start()
    try:
        for times in (1, 2):
            wait_until(
                lambda: "is it plugged in" in (device.fault or ""), "the reader to be missed"
            )
            cable, name = plug()
            by_id.symlink_to(name)
            wait_until(lambda: device.fault is None, "the reader to be found")
            os.write(cable, frame(CARD))
            wait_until(lambda times=times: len(told) == times, "the card")
            by_id.unlink()
            pull_out(cable)
    finally:
        device.stop()
    assert told == [CardPresented(device="front", token=CARD)] * 2


def pull_out(cable: int) -> None:
    """Pull a cable: the number stays open, so that it is nobody else's, and the terminal ends."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, cable)
    os.close(null)


@pytest.mark.usefixtures("patient")
def test_a_right_that_is_given_later_is_used(tmp_path: Path) -> None:
    """A file that udev gives to a group a moment after it made it is tried again."""
    file = tmp_path / "reader"
    file.touch(mode=0o600)
    live = Live()
    with pytest.raises(OSError, match="is no serial port"):
        live.open(str(file), 9_600)
    file.chmod(0o660)
    live.wait_before(0)  # an hour, were the mode not looked at


@pytest.mark.usefixtures("patient")
def test_a_wait_ends_when_the_agent_does(tmp_path: Path) -> None:
    """Who waits for a device does not hold the agent up when it stops."""
    live = Live()
    with pytest.raises(OSError, match="is it plugged in"):
        live.open(str(tmp_path / "reader"), 9_600)
    live.stop()
    live.wait_before(0)


_opened: list[str] | None = None


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    """Note which devices are opened: by Python's own word, which no caller can forget to say."""
    if _opened is not None and event in ("open", "os.open", "socket.connect", "os.listdir"):
        _opened.append(str(arguments[0]))


def test_nothing_is_said_to_what_was_not_configured(plug: Plug) -> None:
    """Each driver opens the port it was given and no other, and a bystander hears not a byte."""
    global _opened  # noqa: PLW0603 - a hook of Python's stays for good, and hears nothing without
    sys.addaudithook(_hear)
    bystander, _ = plug()
    for kind in (ReaderSettings, ScannerSettings):
        for driver in names_of(kind.kind):
            _, name = plug()
            device = kind(name="front", driver=driver, port=name).make(lambda _: None)
            before = device.fault
            _opened = []
            device.start()
            try:
                wait_until(lambda: device.fault != before, f"{driver} to try its port")  # noqa: B023
            finally:
                device.stop()
            devices = {path for path in _opened if path.startswith("/dev/")}
            _opened = None
            assert devices <= {name}, driver
            assert heard_at(bystander) == b"", driver


def heard_at(cable: int) -> bytes:
    """What was said to the device at the end of a cable."""
    os.set_blocking(cable, False)
    try:
        return os.read(cable, 100)
    except OSError:  # nobody ever opened it
        return b""

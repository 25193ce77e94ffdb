"""A keyboard scanner is opened, grabbed, lost and found; what is in the way is said with advice.

Where the kernel lends out uinput, a keyboard of its own is made there and all of it is real. Where
it does not, the ioctls of an event device cannot be had from anything else (a pipe and a pty have
none), so a stand-in answers those two, open and grab, and the events come through a pipe: what
reads, waits and sees the end is the real thing.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.core.tokens import Token
from agent.tools.waiting import wait_until
from drivers.device import CardPresented, DeviceEvent, Place, ProductScanned
from drivers.line import LineDevice
from drivers.port import PORT_ERRORS
from drivers.scanners.hid import strokes_of
from drivers.scanners.hid_parser import events_of
from drivers.scanners.hid_port import open_keyboard
from drivers.serial_drivers import HID, ScannerOptions

evdev = pytest.importorskip("evdev", reason="the extra hid is not installed")

GSRN = "061414112345678902"
SCAN = f"]C18018{GSRN}\r"
CARD = CardPresented(device="gun", token=Token("gsrn", GSRN))


class StandIn:
    """An event device of which open and grab are played, and the events are those of a pipe."""

    grabbed: bool
    keys = tuple(range(1, 120))
    opened: list["StandIn"]
    writer: int

    def __init__(self, port: str, readonly: bool = False) -> None:
        assert readonly
        os.stat(port)  # noqa: PTH116 - it raises as opening would
        self.fd, self.writer = os.pipe()
        self.grabbed = False
        self.opened.append(self)

    def capabilities(self) -> dict[int, tuple[int, ...]]:
        """What it has: keys."""
        return {1: self.keys}

    def grab(self) -> None:
        """Take it for oneself."""
        self.grabbed = True

    def close(self) -> None:
        """Let go of it."""
        self.grabbed = False
        os.close(self.fd)

    def pull_out(self) -> None:
        """Make reads see the end."""
        os.close(self.writer)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    """The stand-in in python-evdev's place."""
    monkeypatch.setattr(StandIn, "opened", [], raising=False)
    monkeypatch.setattr(evdev, "InputDevice", StandIn)
    return StandIn


@pytest.fixture
def watch() -> Iterator[Callable[[Path], tuple[LineDevice, list[DeviceEvent]]]]:
    """Start a scanner at a port, and answer it with what it tells."""
    with ExitStack() as started:

        def watch(port: Path) -> tuple[LineDevice, list[DeviceEvent]]:
            told: list[DeviceEvent] = []
            device = HID.make(Place(name="gun", port=str(port)), ScannerOptions(), told.append)
            device.start()
            started.callback(device.stop)
            return device, told

        yield watch


def test_scans_come_through_also_after_a_pulled_cable(
    stand_in: type[StandIn],
    tmp_path: Path,
    watch: Callable[[Path], tuple[LineDevice, list[DeviceEvent]]],
) -> None:
    """It is grabbed while it is there; loss and return are logged once, half a scan forgotten."""
    port = tmp_path / "usb-Acme-event-kbd"
    with capture_logs() as logs:
        device, told = watch(port)
        wait_until(lambda: "is it plugged in" in (device.fault or ""), "the scanner to be missed")
        port.touch()
        wait_until(lambda: device.fault is None, "the scanner to be found")
        (first,) = stand_in.opened
        assert first.grabbed
        os.write(first.writer, events_of(SCAN))
        wait_until(lambda: told == [CARD], "the scan")
        os.write(first.writer, events_of("]C18018"))
        first.pull_out()
        wait_until(lambda: len(stand_in.opened) == 2, "the scanner to be found again")
        assert not first.grabbed
        os.write(stand_in.opened[1].writer, events_of("5901234123457\r"))
        wait_until(lambda: len(told) == 2, "the second scan")
    assert isinstance(told[1], ProductScanned)
    assert told[1].product.gtin == "5901234123457"
    assert [line["event"] for line in logs] == [
        *("reader_lost", "reader_found"),  # it was absent at first
        *("reader_lost", "reader_found"),
    ]


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "Permission denied: take the agent's user into the group 'input'"),
        (errno.EPERM, "DeviceAllow=char-input"),
        (errno.ENOENT, "is it plugged in"),
        (errno.ENOTTY, "/dev/input/by-id"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(
    number: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing right, file or keyboard is a fault in words that a store engineer can act on."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(evdev, "InputDevice", refuse)
    with pytest.raises(PORT_ERRORS, match=advice):
        open_keyboard("/dev/input/by-id/usb-Acme-event-kbd", 0)


def test_what_is_no_event_device_is_no_scanner(tmp_path: Path) -> None:
    """A device of another kind, or none, is refused by python-evdev itself."""
    with pytest.raises(OSError, match="/dev/input/by-id"):
        open_keyboard("/dev/null", 0)
    with pytest.raises(PORT_ERRORS, match="is it plugged in"):
        open_keyboard(str(tmp_path / "none"), 0)


def test_a_mouse_is_no_scanner(stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that types no digits is not grabbed: it is somebody's mouse."""
    monkeypatch.setattr(stand_in, "keys", (272, 273))
    with pytest.raises(OSError, match="no keyboard"):
        open_keyboard("/dev/null", 0)
    assert not stand_in.opened[0].grabbed


def test_a_second_grabber_is_named(
    stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner that another program has grabbed says so, and is let go of."""

    def busy(_: StandIn) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(stand_in, "grab", busy)
    with pytest.raises(OSError, match="another program has grabbed this scanner"):
        open_keyboard("/dev/null", 0)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(stand_in.opened[0].fd)


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent without python-evdev has a fault that names the extra, and no crash."""
    monkeypatch.setitem(__import__("sys").modules, "evdev", None)
    with pytest.raises(OSError, match=r"pip install 'tapledger\[hid\]'"):
        open_keyboard("/dev/input/event0", 0)


@pytest.mark.skipif(
    not os.access("/dev/uinput", os.W_OK),
    reason="no /dev/uinput that may be written here: try as root after `modprobe uinput`",
)
def test_a_keyboard_of_the_kernel_is_read(
    watch: Callable[[Path], tuple[LineDevice, list[DeviceEvent]]],
) -> None:
    """A real event device is grabbed, read, refused to a second program, lost and let go."""
    keys = {evdev.ecodes.EV_KEY: range(1, 120)}
    with evdev.UInput(keys, name="tapledger test scanner") as typist:
        wait_until(lambda: typist.device is not None, "the event device")
        device, told = watch(Path(typist.device.path))
        wait_until(lambda: device.fault is None, "the scanner")
        with pytest.raises(OSError, match="another program"):
            open_keyboard(typist.device.path, 0)
        for key, value in strokes_of(SCAN):
            typist.write(evdev.ecodes.EV_KEY, key, value)
            typist.syn()
            time.sleep(0.001)  # as fast as a scanner types, or the kernel's buffer runs over
        wait_until(lambda: told == [CARD], "the scan")
    wait_until(lambda: device.fault is not None, "the loss")

"""Who waits for a port looks whether its file came, went or got other rights, twice a second."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.port import Live


class Hours:
    """A clock that runs as long as somebody waits; at the third look something happens."""

    def __init__(self, happens: Callable[[], object] = lambda: None) -> None:
        self.now_s, self._looks, self._happens = 0.0, 0, happens

    def wait(self, seconds: float) -> bool:
        """Let so much time pass."""
        self.now_s += seconds
        self._looks += 1
        if self._looks == 3:
            self._happens()
        return False


def waited(port: str, happens: Callable[[], object] = lambda: None) -> float:
    """How long somebody waits before the tenth attempt to open a port, by a clock of its own."""

    def fail(*_: object) -> None:
        raise FileNotFoundError(port)

    live, hours = Live(fail), Hours(happens)  # type: ignore[arg-type]
    live._stopping = hours  # type: ignore[assignment]
    live.now_s = lambda: hours.now_s  # type: ignore[method-assign]
    with pytest.raises(FileNotFoundError):
        live.open(port, 9_600)
    live.wait_before(9)
    return hours.now_s


def test_what_is_plugged_in_ends_the_wait(tmp_path: Path) -> None:
    """A name that appears is tried at the next look, also one that leads to another file."""
    port = tmp_path / "usb-Acme_Reader_0001-if00-port0"
    assert waited(str(port), lambda: port.symlink_to("/dev/null")) == 1.5


def test_another_device_under_the_name_ends_the_wait(tmp_path: Path) -> None:
    """A name that leads to another device is tried, though there was one before."""
    port = tmp_path / "usb-Acme_Reader_0001-if00-port0"
    port.symlink_to("/dev/null")

    def plug_over() -> None:
        port.unlink()
        port.symlink_to("/dev/zero")

    assert waited(str(port), plug_over) == 1.5


def test_rights_that_are_given_end_the_wait(tmp_path: Path) -> None:
    """udev makes a device's file first and gives it its rights a moment later."""
    port = tmp_path / "ttyUSB0"
    port.touch(mode=0o600)
    assert waited(str(port), lambda: port.chmod(0o660)) == 1.5


def test_where_nothing_happens_the_wait_is_long(tmp_path: Path) -> None:
    """A device that stays away is tried every few seconds, and so is an address."""
    assert 2.5 <= waited(str(tmp_path / "ttyUSB0")) <= 5
    assert 2.5 <= waited("socket://127.0.0.1:1") <= 5

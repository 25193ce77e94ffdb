"""The doctor opens a device as its driver does, and hears the same in what it says."""

from dataclasses import replace

import pytest

from agent.devices import ScannerSettings
from agent.doctor import listening
from agent.doctor.finding import Finding
from agent.doctor.listening import gather_heard, judge_heard
from drivers.scanners.hid_parser import events_of
from drivers.serial_driver import SerialDriver
from drivers.serial_drivers import BARCODE, HID

_MEMBER = "]C18018061414112345678902\r"
_STAFF = "]C18017061414112345678902\r"
_PAYMENT = "4111111111111111\r"


class Spoken:
    """A port on which something is said once."""

    def __init__(self, data: bytes) -> None:
        self._left = [data]

    def read(self) -> bytes:
        """Answer all of it, and then nothing."""
        return self._left.pop() if self._left else b""

    def write(self, data: bytes) -> None:
        """Fail: the doctor says nothing."""
        raise AssertionError(data)

    def close(self) -> None:
        """Nothing."""


def heard(monkeypatch: pytest.MonkeyPatch, name: str, driver: SerialDriver, data: bytes) -> Finding:
    """Listen to a device that says something by its driver's own port, and judge."""
    opened = replace(driver, open_port=lambda _port, _baud: Spoken(data))
    monkeypatch.setattr(listening, "driver_of", lambda _kind, _name: opened)
    scanner = ScannerSettings(name="gun", driver=name, port="/dev/none")
    return judge_heard(*gather_heard([scanner], for_s=0.05))


@pytest.mark.parametrize(("text", "read"), [(_MEMBER, 1), ("nobody\r" * 9, 0)])
def test_a_keyboard_scanner_is_opened_as_a_keyboard(
    monkeypatch: pytest.MonkeyPatch, text: str, read: int
) -> None:
    """It is no serial line, so pyserial does not open it, and no speed is foretold of it."""
    finding = heard(monkeypatch, "hid", HID, events_of(text))
    assert (finding.status, f"{read} read" in finding.said) == ("ok", True), finding


@pytest.mark.parametrize("read", ["", _MEMBER])
def test_what_is_refused_for_what_it_says_is_no_noise(
    monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Payment cards and staff badges that a scanner read well say nothing against its cable."""
    said = (read + (_PAYMENT + _STAFF) * 9).encode("ascii")
    finding = heard(monkeypatch, "barcode", BARCODE, said)
    assert finding.status == "ok", finding

"""The doctor hears in what a device says what the agent would."""

from dataclasses import replace

import pytest

from agent.devices import ScannerSettings
from agent.doctor import listening
from agent.doctor.finding import Finding
from agent.doctor.listening import gather_heard, judge_heard
from drivers.serial_drivers import BARCODE

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


def heard(monkeypatch: pytest.MonkeyPatch, data: bytes) -> Finding:
    """Listen to a scanner that says something, and judge."""

    def opened(_port: str, _baud: int) -> Spoken:
        return Spoken(data)

    monkeypatch.setattr(listening, "open_serial", opened)
    driver = replace(BARCODE, open_port=opened)
    monkeypatch.setattr(listening, "driver_of", lambda _kind, _name: driver)
    scanner = ScannerSettings(name="gun", driver="barcode", port="/dev/none")
    return judge_heard(*gather_heard([scanner], for_s=0.05))


@pytest.mark.parametrize("read", ["", _MEMBER])
def test_what_is_refused_for_what_it_says_is_no_noise(
    monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Payment cards and staff badges that a scanner read well say nothing against its cable."""
    said = (read + (_PAYMENT + _STAFF) * 9).encode("ascii")
    finding = heard(monkeypatch, said)
    assert finding.status == "ok", finding

"""A port asks pyserial for what each kind of line can do, and loses nothing that came.

What it does on real lines is held by ``tests/integration/test_lines_come_from_anywhere.py``.
"""

import socket
import termios
from typing import Any

import pytest
import serial

from drivers.port import PORT_ERRORS, open_serial


class Line:
    """A line of pyserial's that brings some bytes and then breaks."""

    def __init__(self, data: bytes = b"", broken: Exception | None = None) -> None:
        self._data, self._broken = data, broken
        self.asked: dict[str, Any] = {}

    def __call__(self, url: str, **asked: Any) -> "Line":
        self.asked = {"url": url, **asked}
        if self._broken is not None and not self._data:
            raise self._broken
        return self

    @property
    def in_waiting(self) -> int:
        """A socket says one of however many."""
        return 1

    def read(self, size: int) -> bytes:
        """Bring so many bytes."""
        if not self._data and self._broken is not None:
            raise self._broken
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def test_what_came_before_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were read are answered though the line broke behind them; then it is said."""
    monkeypatch.setattr(serial, "serial_for_url", Line(b"card", serial.SerialException("gone")))
    port = open_serial("socket://127.0.0.1:1", 9_600)
    assert port.read() == b"card"
    with pytest.raises(PORT_ERRORS, match="gone"):
        port.read()


def test_a_read_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who floods a line fills no memory: a read answers 4 KiB at most."""
    monkeypatch.setattr(serial, "serial_for_url", Line(bytes(10_000)))
    assert len(open_serial("/dev/front", 9_600).read()) == 4_096


@pytest.mark.parametrize(
    ("url", "write_s"),
    [("/dev/front", 1.0), ("socket://127.0.0.1:1", 1.0), ("RFC2217://127.0.0.1:1", None)],
)
def test_each_line_is_asked_for_what_it_can(
    url: str, write_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line is exclusive, and has a limit for writing where pyserial has one to give."""
    line = Line()
    monkeypatch.setattr(serial, "serial_for_url", line)
    open_serial(url, 19_200)
    assert line.asked["url"] == url
    assert line.asked["baudrate"] == 19_200
    assert line.asked["exclusive"]
    assert line.asked["write_timeout"] == write_s


@pytest.mark.parametrize(
    "odd",
    [
        termios.error(5, "Input/output error"),
        ValueError("invalid URL"),
        KeyError("debug|info"),
        NotImplementedError("write_timeout"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_odd_errors_are_those_of_a_port(odd: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pyserial lets through of a port that cannot be opened ends no reader's thread."""
    monkeypatch.setattr(serial, "serial_for_url", Line(broken=odd))
    with pytest.raises(PORT_ERRORS, match="/dev/front"):
        open_serial("/dev/front", 9_600)


def test_the_kernel_asks_after_a_silent_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A far end on the network that answers nothing for 19 s is given up."""
    line = Line()
    with socket.socket() as connection:
        monkeypatch.setattr(line, "_socket", connection, raising=False)
        monkeypatch.setattr(serial, "serial_for_url", line)
        open_serial("socket://127.0.0.1:1", 9_600)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        asked = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, every, times = (connection.getsockopt(socket.IPPROTO_TCP, each) for each in asked)
        assert idle + every * times == 19

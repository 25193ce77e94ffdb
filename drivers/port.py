"""Ports: where bytes come from. One narrow protocol, and its form for serial lines.

What a device's loop needs of the world beside (time, waiting, the port's opening) is one thing that
can be exchanged, so that ten seconds of noise cost a test none.

A network address has two oddities of its own. An end that dies without a word says nothing, so the
kernel asks after it. And what a serial device server had kept from before the connection is dropped
as the port is opened, by pyserial itself, as a line's old bytes are: nobody stands there any more.
"""

import os
import random
import socket
import termios
import threading
import time
from collections.abc import Callable
from typing import Protocol

import serial

from agent.core.backoff import delay_s
from drivers.port_faults import broke_off, not_opened

__all__ = ["POLL_S", "PORT_ERRORS", "Live", "OpenPort", "Port", "Surroundings", "open_serial"]

POLL_S = 0.1
"""How long a line may stay silent in mid-frame; a frame at 9600 baud takes 15 ms."""

PORT_ERRORS = (OSError,)
"""What opening, reading or writing may raise when a device is gone; pyserial's errors are such."""

_WRITE_S = 1.0
_MOST_AT_ONCE = 4_096

_FIRST_S, _LONGEST_S = 0.25, 5.0
_LOOK_S = 0.5
"""How often a file that is not there, or may not be opened, is looked at."""

_SILENT_S, _ASK_EVERY_S, _ASK_TIMES = 10, 3, 3
"""A network's end that has not answered for 19 s is gone."""

_ODD_ERRORS = (termios.error, ValueError, LookupError, NotImplementedError)
"""What pyserial lets through as it opens: of a device that vanishes meanwhile, of a URL or speed
that cannot be, and of what a far end refuses.
"""


class Port(Protocol):
    """An open line. Reading and writing raise one of PORT_ERRORS once the device is gone."""

    def read(self) -> bytes:
        """Wait up to POLL_S for bytes and answer what is there; empty where the line is silent."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes; a device that takes none for a second is gone."""
        ...

    def close(self) -> None:
        """Let go of the line."""
        ...


class Surroundings(Protocol):
    """What a device's loop needs of the world."""

    def open(self, port: str, baud: int) -> Port:
        """Open a line. Raises one of PORT_ERRORS."""
        ...

    def now_s(self) -> float:
        """Answer the time of a clock that nobody sets, in seconds."""
        ...

    def is_over(self) -> bool:
        """Say whether the loop has to end."""
        ...

    def wait_before(self, attempt: int) -> None:
        """Wait before another attempt, longer each time, at most until the loop has to end."""
        ...


OpenPort = Callable[[str, int], Port]
"""Opens a port at a speed. Raises one of PORT_ERRORS."""


def open_serial(port: str, baud: int) -> Port:
    """Open a serial line, or any URL that pyserial opens. Raises one of PORT_ERRORS.

    Exclusive where that can be, or a second program could open it too and both would miss bytes:
    one that locks the file, as pyserial does, is kept away. A device server has its own rule.
    """
    # Of RFC 2217 pyserial knows no limit for writing but that of its socket, 5 s.
    write_s = None if port.lower().startswith("rfc2217:") else _WRITE_S
    try:
        line = serial.serial_for_url(
            port, baudrate=baud, timeout=POLL_S, write_timeout=write_s, exclusive=True
        )
    except (*PORT_ERRORS, *_ODD_ERRORS) as error:
        raise not_opened(port, error) from error
    connection = getattr(line, "_socket", None)
    if isinstance(connection, socket.socket):
        return _NetworkPort(line, connection)
    return _SerialPort(line)


class _SerialPort:
    _on_network = False

    def __init__(self, line: serial.Serial) -> None:
        self._line = line

    def read(self) -> bytes:
        try:
            data: bytes = self._line.read(1)
        except PORT_ERRORS as error:
            raise broke_off(error, on_network=self._on_network) from error
        try:
            # A socket says of however many bytes that one is waiting.
            while data and (waiting := min(self._line.in_waiting, _MOST_AT_ONCE - len(data))) > 0:
                more: bytes = self._line.read(waiting)
                if not more:
                    break
                data += more
        except OSError:
            pass  # what came is still a card's; the next read says it again
        return data

    def write(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except PORT_ERRORS as error:
            raise broke_off(error, on_network=self._on_network) from error

    def close(self) -> None:
        self._line.close()


class _NetworkPort(_SerialPort):
    _on_network = True

    def __init__(self, line: serial.Serial, connection: socket.socket) -> None:
        super().__init__(line)
        self._connection = connection
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENT_S),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _ASK_EVERY_S),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _ASK_TIMES),
        ):
            connection.setsockopt(level, option, value)

    def close(self) -> None:
        super().close()
        self._connection.close()  # pyserial leaves it open where the far end is gone


class Live:
    """The real world: ports that ``open_port`` opens, and the boot clock.

    A file that is not there is looked for twice a second, so that what is plugged in is taken up at
    once; nothing but its name is asked for, and no other device is touched.
    """

    def __init__(self, open_port: OpenPort = open_serial) -> None:
        self._open_port = open_port
        self._stopping = threading.Event()
        self._port, self._seen = "", _file_at("")

    def stop(self) -> None:
        """Let every wait end."""
        self._stopping.set()

    def open(self, port: str, baud: int) -> Port:
        """Open a port."""
        self._port, self._seen = port, _file_at(port)
        return self._open_port(port, baud)

    def now_s(self) -> float:
        """Answer the monotonic clock."""
        return time.monotonic()

    def is_over(self) -> bool:
        """Say whether ``stop`` was called."""
        return self._stopping.is_set()

    def wait_before(self, attempt: int) -> None:
        """Wait a quarter of a second at first and five seconds at most, with jitter.

        Less where the port's file comes, goes, or gets other rights meanwhile.
        """
        wait_s = delay_s(attempt, first_s=_FIRST_S, longest_s=_LONGEST_S, dice=random.random)
        until_s = self.now_s() + wait_s
        while (left_s := until_s - self.now_s()) > 0 and self._seen == _file_at(self._port):
            if self._stopping.wait(min(left_s, _LOOK_S)):
                return


def _file_at(port: str) -> tuple[int, ...] | None:
    """Tell a port's file, with its rights, from any other; None where there is none, or for a URL.

    udev makes a device's file first and gives it its group a moment later.
    """
    if not port.startswith("/"):
        return None
    try:
        found = os.stat(port)  # noqa: PTH116 - a path is no more than a name here
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_rdev, found.st_mode, found.st_gid, found.st_uid)

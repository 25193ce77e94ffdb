"""Ports: where bytes come from. One narrow protocol, and its form for serial lines.

What a device's loop needs of the world beside (time, waiting, the port's opening) is one thing that
can be exchanged, so that ten seconds of noise cost a test none.
"""

import random
import threading
import time
from typing import Protocol

import serial

from agent.core.backoff import delay_s

__all__ = ["POLL_S", "PORT_ERRORS", "Live", "Port", "Surroundings"]

POLL_S = 0.1
"""How long a line may stay silent in mid-frame; a frame at 9600 baud takes 15 ms."""

_WRITE_S = 1.0
_MOST_AT_ONCE = 4_096

PORT_ERRORS = (OSError, serial.SerialException)
"""What opening, reading or writing may raise when a device is gone."""


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


class _SerialPort:
    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def read(self) -> bytes:
        data: bytes = self._port.read(1)
        if not data:
            return data
        waiting = min(self._port.in_waiting, _MOST_AT_ONCE)
        return data + self._port.read(waiting) if waiting else data

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def close(self) -> None:
        self._port.close()


class Live:
    """The real world: serial lines and any URL that pyserial opens, and the boot clock."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let every wait end."""
        self._stopping.set()

    def open(self, port: str, baud: int) -> Port:
        """Open a line. Exclusive, or a second program could open it too and both miss bytes."""
        line = serial.serial_for_url(
            port, baudrate=baud, timeout=POLL_S, write_timeout=_WRITE_S, exclusive=True
        )
        return _SerialPort(line)

    def now_s(self) -> float:
        """Answer the monotonic clock."""
        return time.monotonic()

    def is_over(self) -> bool:
        """Say whether ``stop`` was called."""
        return self._stopping.is_set()

    def wait_before(self, attempt: int) -> None:
        """Wait a quarter of a second at first and five seconds at most, with jitter."""
        self._stopping.wait(delay_s(attempt, first_s=0.25, longest_s=5, dice=random.random))

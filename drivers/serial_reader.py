"""The thread that owns one serial port: read, parse, hand over; lose the port and find it again.

The loss of a port is logged once and its return once. Refused frames are counted here and logged
by the agent once a minute.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import serial
import structlog

from agent.core.backoff import delay_s
from agent.core.tokens import Token
from drivers.events import Event, Parser, RefusedFrame, TokenRead
from drivers.presence import Presence

__all__ = ["CardPresented", "SerialReader"]

_POLL_S = 0.1
"""How long the line may stay silent in mid-frame; a frame at 9600 baud takes 15 ms."""

_NOT_OPENED = "not opened yet"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPresented:
    """A card was laid on a reader."""

    reader: str
    token: Token


class SerialReader:
    """A card reader on a serial port, or on any URL that pyserial opens.

    ``present`` is called from this thread with each new presentation; it must only enqueue.
    """

    def __init__(
        self,
        name: str,
        port: str,
        *,
        baud: int,
        parser: Parser,
        present: Callable[[CardPresented], None],
    ) -> None:
        self.name = name
        self.port = port
        self.fault: str | None = _NOT_OPENED
        self.refused = 0
        self.presentations = 0
        self._baud = baud
        self._parser = parser
        self._present = present
        self._presence = Presence()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin reading in a thread; an absent port is tried again until it is there."""
        self._thread = threading.Thread(target=self._run, name=f"reader-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            try:
                with closing(self._open()) as port:
                    self._found()
                    attempt = 0
                    self._read(port)
            except (OSError, serial.SerialException) as error:
                self._lost(str(error))
                wait_s = delay_s(attempt, first_s=0.25, longest_s=5, dice=random.random)
                self._stopping.wait(wait_s)
                attempt += 1

    def _open(self) -> serial.Serial:
        # Exclusive, or a second program could open the port too and both would miss bytes.
        return serial.serial_for_url(
            self.port, baudrate=self._baud, timeout=_POLL_S, exclusive=True
        )

    def _read(self, port: serial.Serial) -> None:
        while not self._stopping.is_set():
            data = port.read(1)
            if not data:
                self._handle(self._parser.idle())
                continue
            self._handle(self._parser.feed(data + port.read(port.in_waiting)))

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case TokenRead(token=token):
                    if self._presence.is_new(token, time.monotonic()):
                        self.presentations += 1
                        self._present(CardPresented(reader=self.name, token=token))
                case RefusedFrame():
                    self.refused += 1
                case _:
                    pass  # a status is nothing to a lane

    def _found(self) -> None:
        self.fault = None
        _log.info("reader_found", reader=self.name, port=self.port)

    def _lost(self, why: str) -> None:
        if self.fault is None or self.fault == _NOT_OPENED:
            _log.warning("reader_lost", reader=self.name, port=self.port, error=why)
        self.fault = why

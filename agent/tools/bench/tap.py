"""From the last byte of a card's frame on the serial line to the event at the lane's POS."""

import os
import socket
import threading
import time
import tty
from pathlib import Path

import serial

from agent.core.tokens import Token
from agent.tools.bench.measure import Sampler
from agent.tools.site import StoreKit
from drivers.readers.em4100 import BAUD, frame

__all__ = ["TapBench"]

_TAPS = 100


class TapBench:
    """A known member's card each time, another one than before."""

    subject = "bytes on the line -> event"
    target_p99_ms = 30.0

    def __init__(self) -> None:
        self._store: StoreKit | None = None
        self._bare: _BareReader | None = None
        self._next_card = 0

    def open(self, directory: Path) -> dict[str, Sampler]:
        """Start an agent with one reader, and a bare reader beside it."""
        self._store = StoreKit(name="bench", directory=directory / "store")
        self._store.start()
        self._bare = _BareReader()
        return {self.subject: self._sample, "bare serial read + TCP hop": self._bare.sample}

    def close(self) -> None:
        """End the agent."""
        if self._store is not None:
            self._store.stop()
        if self._bare is not None:
            self._bare.close()

    def _sample(self) -> list[float]:
        assert self._store is not None, "open comes first"  # noqa: S101
        lane = self._store.lanes["1"]
        samples = []
        for _ in range(_TAPS):
            self._next_card += 1
            token = Token("em4100", f"2B{self._next_card:08X}")
            if lane.pos.enrol(str(token)).status_code != 201:
                raise RuntimeError("the card could not be enrolled")
            began_s = time.perf_counter()
            lane.reader.write(frame(token))
            lane.pos.wait_for("card", token=str(token))
            samples.append(time.perf_counter() - began_s)
        return samples


class _BareReader:
    """The least a reader can be: pyserial in a thread, each frame passed on over loopback TCP."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._port = serial.Serial(os.ttyname(self._slave), BAUD, timeout=0.1)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._near = socket.create_connection(listener.getsockname())
            self._far, _ = listener.accept()
        self._near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def sample(self) -> list[float]:
        """Send frames and see them come out."""
        card = frame(Token("em4100", "2B00000000"))
        samples = []
        for _ in range(_TAPS):
            began_s = time.perf_counter()
            os.write(self._master, card)
            received = b""
            while len(received) < len(card):
                received += self._far.recv(64)
            samples.append(time.perf_counter() - began_s)
        return samples

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()
        for end in (self._near, self._far, self._port):
            end.close()
        os.close(self._master)
        os.close(self._slave)

    def _pass_on(self) -> None:
        while not self._stopping.is_set():
            data = self._port.read(1)
            if data:
                self._near.sendall(data + self._port.read(self._port.in_waiting))

"""A store's network line: a TCP relay on loopback that can be cut, slowed, and made to lose.

What TCP makes of lost packets is what is relayed: they arrive later, and everything behind them
waits. A line that swallows keeps its connections open and passes nothing on, as a router does that
has forgotten them: neither end is told.
"""

import contextlib
import queue
import random
import socket
import threading
import time
from typing import Literal

__all__ = ["Direction", "Line"]

_CHUNK = 65_536
_FIRST_RETRANSMISSION_S = 0.2  # RFC 6298 with the floor that Linux has
_MOST_LOSSES = 5

Direction = Literal["up", "down"]
"""Toward head office, or toward the store."""


class Line:
    """Relays ``port`` to a target port while healed; while cut, connections die and fail."""

    def __init__(self, target_port: int, *, seed: int = 0) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._healed = threading.Event()
        self._healed.set()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._dice = random.Random(seed)  # noqa: S311 - loses packets, keeps no secret
        self._latency_s = self._loss = 0.0
        self._swallowing: frozenset[Direction] = frozenset()
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def cut(self) -> None:
        """Take the network away: what is open breaks, what is new is refused."""
        self._healed.clear()
        self._break_all()

    def drop(self) -> None:
        """Break what is open; what is new comes through."""
        self._break_all()

    def slow(self, latency_s: float) -> None:
        """Have every byte arrive so much later, each way, in order."""
        self._latency_s = latency_s

    def lose(self, share: float) -> None:
        """Have this share of packets lost: each arrives when TCP has sent it again."""
        self._loss = share

    def swallow(self, *directions: Direction) -> None:
        """Pass nothing on in these directions, and tell nobody: half-open, or a one-way line."""
        self._swallowing = frozenset(directions)

    def heal(self) -> None:
        """Bring the network back as it was; what was swallowed breaks, as TCP would find out."""
        self._latency_s = self._loss = 0.0
        swallowed, self._swallowing = bool(self._swallowing), frozenset()
        if swallowed:
            self._break_all()
        self._healed.set()

    def close(self) -> None:
        """Take the line down for good."""
        self.cut()
        # Wakes the accepting thread too, which close alone would not.
        _break(self._listener)
        self._listener.close()

    def _break_all(self) -> None:
        with self._guard:
            broken, self._open = self._open, set()
        for end in broken:
            _break(end)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._healed.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open |= {near, far}
            self._relay(near, far, "up")
            self._relay(far, near, "down")

    def _relay(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        """Take bytes off one end in one thread, and put them on the other in time in another."""
        under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()
        for pump in (
            lambda: self._take(source, sink, direction, under_way),
            lambda: self._put(sink, under_way),
        ):
            threading.Thread(target=pump, name=f"line {direction}", daemon=True).start()

    def _take(
        self,
        source: socket.socket,
        sink: socket.socket,
        direction: Direction,
        under_way: "queue.Queue[tuple[float, bytes]]",
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if direction not in self._swallowing:
                    under_way.put((time.monotonic() + self._arrives_after_s(), data))
        under_way.put((0.0, b""))
        for end in (source, sink):
            with self._guard:
                self._open.discard(end)
        source.close()

    def _put(self, sink: socket.socket, under_way: "queue.Queue[tuple[float, bytes]]") -> None:
        with contextlib.suppress(OSError):
            while True:
                arrives_s, data = under_way.get()
                if not data:
                    break
                time.sleep(max(0.0, arrives_s - time.monotonic()))
                sink.sendall(data)
        _break(sink)

    def _arrives_after_s(self) -> float:
        after_s = self._latency_s
        for lost in range(_MOST_LOSSES):
            if self._dice.random() >= self._loss:
                break
            after_s += _FIRST_RETRANSMISSION_S * 2**lost
        return after_s


def _break(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)

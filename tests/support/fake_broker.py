"""A broker that does what no good one does: it refuses, cuts off, says rubbish, says no more.

It speaks just enough of MQTT 5 to let a client in. Who is cut off within a packet ends its talk.
"""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

__all__ = ["PUBLISH", "FakeBroker", "published"]

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8
_CONNACK, _SUBACK = 0x20, 0x90


def published(topic: bytes, payload: bytes = b"{}") -> bytes:
    """Build a QoS 0 message of fewer than 128 bytes."""
    body = len(topic).to_bytes(2, "big") + topic + b"\0" + payload
    return bytes((PUBLISH << 4, len(body))) + body


class FakeBroker:
    """Lets everybody in on a loopback port. ``answer`` is its word to a subscription.

    ``says`` is sent behind that, to the first who subscribes; ``cuts_off`` ends each connection.
    """

    def __init__(self, *, answer: int = 1, says: bytes = b"", cuts_off: bool = False) -> None:
        self._answer, self._says, self._cuts_off = answer, says, cuts_off
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listening.getsockname()[1]}"
        self.heard: Counter[int] = Counter()
        """How many packets came, by their kind."""
        self._open: list[tuple[socket.socket, threading.Thread]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _why: BaseException | None, _: TracebackType | None
    ) -> None:
        # Whoever is let in last is in the list only when the thread has ended.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._listening.close()
        for connection, talk in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            talk.join(timeout=5)
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            talk = threading.Thread(target=self._talk, args=(connection,), daemon=True)
            self._open.append((connection, talk))
            talk.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream, suppress(OSError, ValueError):
            while first := stream.read(1):
                body = stream.read(_length(stream.read))
                kind = first[0] >> 4
                self.heard[kind] += 1
                if kind == CONNECT:
                    connection.sendall(bytes((_CONNACK, 3, 0, 0, 0)))
                elif kind == SUBSCRIBE:
                    connection.sendall(bytes((_SUBACK, 4, *body[:2], 0, self._answer)) + self._says)
                    self._says = b""
                    if self._cuts_off:
                        connection.shutdown(socket.SHUT_RDWR)


def _length(read: Callable[[int], bytes]) -> int:
    length, shift = 0, 0
    while True:
        (byte,) = read(1)
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return length

"""The cheapest MQTT 5 client there is: a thousand of them fit into one thread.

It knows CONNECT, SUBSCRIBE, PUBLISH with QoS 1 and PUBACK, and keeps to the broker's Receive
Maximum. What arrives is acknowledged at once. Nothing is tried again: it measures, and where the
broker hangs up the measurement has failed.
"""

import asyncio
from collections.abc import Callable

__all__ = ["Hearer", "MqttSession"]

Hearer = Callable[[str, bytes], None]
"""Called with topic and payload of what arrives."""

_CONNECT, _PUBLISH, _SUBSCRIBE = 0x10, 0x32, 0x82
_PUBACK = 0x40
_FROM_NOTHING, _NAME, _PASSWORD = 0x02, 0x80, 0x40
_RETAIN = 0x01
_WITHIN_S = 30
_SMALL_WINDOW = 20
"""What mosquitto takes at a time from one client as it comes."""


class MqttSession(asyncio.Protocol):
    """One connection. ``connect`` makes it and waits until its subscriptions stand."""

    def __init__(self, on_message: Hearer, on_room: Callable[[], None] = lambda: None) -> None:
        self._on_message, self._on_room = on_message, on_room
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._mid = 0
        self._under_way = 0
        self.lost = False

    @classmethod
    async def connect(
        cls,
        port: int,
        user: str,
        password: str,
        *,
        topics: tuple[str, ...],
        on_message: Hearer,
        on_room: Callable[[], None] = lambda: None,
    ) -> "MqttSession":
        """Connect on this machine, log in and subscribe. Raises ConnectionError, TimeoutError."""
        loop = asyncio.get_running_loop()
        _, session = await loop.create_connection(
            lambda: cls(on_message, on_room), "127.0.0.1", port
        )
        async with asyncio.timeout(_WITHIN_S):
            session._log_in(user, password)
            await session._accepted
            session._subscribe(topics)
            await session._subscribed
        return session

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send a QoS 1 message, or answer False: too many are on their way."""
        if self.lost or self._under_way >= _SMALL_WINDOW:
            return False
        self._under_way += 1
        body = _text(topic) + self._next_mid() + b"\x00" + payload
        self._send(_PUBLISH | (_RETAIN if retain else 0), body)
        return True

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection is one
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        """Let whoever waits know."""
        self.lost = True
        for waiting in (self._accepted, self._subscribed):
            if not waiting.done():
                waiting.set_exception(ConnectionError("the broker hung up"))
                waiting.exception()

    def data_received(self, data: bytes) -> None:
        """Take the packets that are whole."""
        self._buffer += data
        while (packet := _packet_of(self._buffer)) is not None:
            self._take(*packet)

    def _take(self, first: int, body: bytes) -> None:
        match first & 0xF0:
            case 0x20:  # CONNACK
                if body[1]:
                    self._accepted.set_exception(ConnectionError(f"refused: {body[1]}"))
                else:
                    self._accepted.set_result(None)
            case 0x90:  # SUBACK
                self._subscribed.set_result(None)
            case 0x40:  # PUBACK
                self._under_way -= 1
                self._on_room()
            case 0x30:
                self._hear(first, body)

    def _hear(self, first: int, body: bytes) -> None:
        length = int.from_bytes(body[:2], "big")
        topic, at = body[2 : 2 + length].decode(), 2 + length
        if first & 0x06:
            self._send(_PUBACK, body[at : at + 2])
            at += 2
        properties, size = _number(body, at)
        self._on_message(topic, bytes(body[at + size + properties :]))

    def _log_in(self, user: str, password: str) -> None:
        flags = _FROM_NOTHING | _NAME | _PASSWORD
        head = _text("MQTT") + bytes((5, flags, 0, 0, 0))  # no keepalive, no properties
        self._send(_CONNECT, head + _text("bench." + user) + _text(user) + _text(password))

    def _subscribe(self, topics: tuple[str, ...]) -> None:
        wanted = b"".join(_text(topic) + b"\x01" for topic in topics)
        self._send(_SUBSCRIBE, self._next_mid() + b"\x00" + wanted)

    def _next_mid(self) -> bytes:
        self._mid = self._mid % 65_535 + 1
        return self._mid.to_bytes(2, "big")

    def _send(self, first: int, body: bytes) -> None:
        self._transport.write(bytes((first,)) + _written(len(body)) + body)


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _written(number: int) -> bytes:
    """Write a number seven bits at a time, the lowest first (MQTT 5.0, 1.5.5)."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _number(body: bytes | bytearray, at: int) -> tuple[int, int]:
    """Read such a number; answers it and how many bytes it has. Raises IndexError."""
    number = shift = size = 0
    while True:
        byte = body[at + size]
        number |= (byte & 0x7F) << shift
        shift, size = shift + 7, size + 1
        if not byte & 0x80:
            return number, size


def _packet_of(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take one packet off a buffer, if it is whole: its first byte and its body."""
    try:
        length, size = _number(buffer, 1)
    except IndexError:
        return None
    end = 1 + size + length
    if len(buffer) < end:
        return None
    first, body = buffer[0], bytes(buffer[1 + size : end])
    del buffer[:end]
    return first, body

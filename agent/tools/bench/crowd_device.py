"""One device of a crowd: the product's conversation over the cheapest MQTT session."""

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.tools.bench.memory_store import MemoryDesk, MemoryJournal
from agent.tools.bench.mqtt import MqttSession
from sync.messages import DeviceAddress, topics_down
from sync.uplink import Conversation, Wishes

__all__ = ["CrowdDevice"]

_TURN_S = 1.0
"""So often a device looks at its clock; all else it does at once. Real ones do so four times a
second, which for a thousand in one process would be most of what that does.
"""


class CrowdDevice:
    """Connects, greets, and sends whatever its journal holds. ``bytes_up`` and ``bytes_down`` count
    payloads of batches and of their acknowledgements.
    """

    def __init__(self, address: DeviceAddress) -> None:
        self.address = address
        self.journal = MemoryJournal(secrets.token_hex(8))
        self._desk = MemoryDesk(self.journal)
        self._inbox: deque[tuple[str, bytes]] = deque()
        self._wake = asyncio.Event()
        self._session: MqttSession
        self._talk = Conversation(
            address,
            self.journal,
            self._desk,
            Ed25519PrivateKey.generate(),
            self,
            dice=random.random,
            mint_nonce=lambda: secrets.token_hex(8),
            wishes=Wishes(feed="seen"),
        )
        self._turning: asyncio.Task[None] | None = None
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.batches = self.bytes_up = self.bytes_down = self.greetings = 0

    async def join(self, port: int, password: str) -> None:
        """Connect, and return once head office has opened an epoch and answered for it."""
        self._session = await MqttSession.connect(
            port,
            str(self.address),
            password,
            topics=tuple(self.address.topic(kind) for kind in topics_down()),
            on_message=self._hear,
            on_room=self._wake.set,
        )
        self._talk.link_up()
        self._turning = asyncio.create_task(self._turn())
        await self._until(lambda: self.journal.opened and self._talk.session.state == "open")
        await self.until_acknowledged()

    async def come_back(self) -> None:
        """Greet as on a new line, and return once head office has answered for it."""
        self._talk.link_down()
        self._talk.link_up()
        self.go_on()
        await self._until(lambda: self._talk.session.state == "open")

    @property
    def standing(self) -> str:
        """How it stands with head office, in a word."""
        waits = bool(self.journal.epochs.unacknowledged)
        return f"{self._talk.session.state}{', entries wait' if waits else ''}"

    async def leave(self) -> None:
        """Hang up."""
        if self._turning is not None:
            self._turning.cancel()
            await asyncio.gather(self._turning, return_exceptions=True)
        self._session.close()

    def go_on(self) -> None:
        """Send what the journal has that is new."""
        self._wake.set()

    async def until_acknowledged(self) -> None:
        """Wait until head office holds everything."""
        await self._until(lambda: self.journal.epochs.unacknowledged == 0)

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Hand a message over, and count batches. None expires: it is delivered or has failed."""
        del expiry_s
        sent = self._session.publish(topic, payload, retain=retain)
        if sent and topic.endswith("/journal"):
            self.batches += 1
            self.bytes_up += len(payload)
        if sent and topic.endswith("/hello"):
            self.greetings += 1
        return sent

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic.endswith("/down/ack"):
            self.bytes_down += len(payload)
        self._inbox.append((topic, payload))
        self._wake.set()

    async def _turn(self) -> None:
        talk = self._talk
        while True:
            self._wake.clear()
            while self._inbox:
                await talk.receive(*self._inbox.popleft(), time.monotonic())
            await talk.turn(time.monotonic())
            self._told()
            if not self._inbox:
                timer = asyncio.get_running_loop().call_later(_TURN_S, self._wake.set)
                await self._wake.wait()
                timer.cancel()

    def _told(self) -> None:
        for holds, waiting in tuple(self._waiting):
            if holds() and not waiting.done():
                waiting.set_result(None)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that the conversation brings about. Raises what ended it."""
        if holds():
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (holds, waiting)
        self._waiting.append(entry)
        assert self._turning is not None, "join comes first"  # noqa: S101
        try:
            await asyncio.wait({waiting, self._turning}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove(entry)
        if self._turning.done():
            self._turning.result()
        if self._session.lost:
            raise ConnectionError(f"the broker hung up on {self.address}")

"""Devices that only send bytes and wait for an answer: the raw limit of those in ``crowd.py``."""

import asyncio
import os
import time
from typing import Any

from agent.tools.bench.mqtt import MqttSession
from sync.messages import DeviceAddress

__all__ = ["BareDevices"]

_TENANT = "demo"


class _BareDevice:
    """One connection; ``sent`` and ``committed_s`` are of its messages, in order."""

    def __init__(self, name: str) -> None:
        self._address = DeviceAddress(tenant=_TENANT, store=name, device="edge-1")
        self._answered = asyncio.Semaphore(0)
        self._session: MqttSession
        self.committed_s: list[float] = []

    async def join(self, port: int, password: str) -> "_BareDevice":
        self._session = await MqttSession.connect(
            port,
            str(self._address),
            password,
            topics=(self._address.topic("down/ack"),),
            on_message=self._hear,
        )
        return self

    def _hear(self, _topic: str, payload: bytes) -> None:
        self.committed_s.append(float(payload))
        self._answered.release()

    def send(self, payload: bytes) -> None:
        """Send a message. Raises RuntimeError where too many are on their way."""
        if not self._session.publish(self._address.topic("journal"), payload):
            raise RuntimeError("the bare hub does not keep up")

    async def answered(self) -> None:
        """Wait for the next answer."""
        await self._answered.acquire()


class BareDevices:
    """Made when they are asked for, and connected for as long as the process lives."""

    def __init__(self, port: int, password: str) -> None:
        self._port = port
        self._password = password
        self._devices: dict[str, _BareDevice] = {}

    async def _all(self, names: list[str]) -> list[_BareDevice]:
        for name in names:
            if name not in self._devices:
                self._devices[name] = await _BareDevice(name).join(self._port, self._password)
        return [self._devices[name] for name in names]

    async def rounds(self, names: list[str], rounds: int, size: int) -> Any:
        """Have each send a message as soon as its last one was answered."""
        devices, answers_s = await self._all(names), list[float]()
        began_s = time.perf_counter()

        async def send(device: _BareDevice) -> None:
            for _ in range(rounds):
                sent_s = time.perf_counter()
                device.send(os.urandom(size))
                await device.answered()
                answers_s.append(time.perf_counter() - sent_s)

        await asyncio.gather(*map(send, devices))
        return {"took_s": time.perf_counter() - began_s, "answers_s": answers_s}

    async def paced(self, names: list[str], count: int, every_s: float, size: int) -> Any:
        """Have each send a message every so often; answers how long each took to its commit."""
        devices, delays_s = await self._all(names), list[float]()
        began_s = time.perf_counter()

        async def send(place: int, device: _BareDevice) -> None:
            device.committed_s.clear()
            sent_s = []
            for number in range(count):
                due_s = began_s + (number + place / len(devices)) * every_s
                await asyncio.sleep(due_s - time.perf_counter())
                sent_s.append(time.perf_counter())
                device.send(os.urandom(size))
            for _ in range(count):
                await device.answered()
            pairs = zip(sent_s, device.committed_s, strict=True)
            delays_s.extend(committed - sent for sent, committed in pairs)

        await asyncio.gather(*(send(place, each) for place, each in enumerate(devices)))
        return {"took_s": time.perf_counter() - began_s, "answers_s": delays_s}

"""What devices see, told to whoever looks on: ``/v1/devices/events`` and ``tapledger devices``.

Nothing is kept, and while nobody looks on nothing is done. A device's thread only hands an event
over; a listener that does not keep up is ended, so that no lane waits for an onlooker.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from agent.device_news import Standing, changes, news_of
from agent.lanes import Listener
from agent.news import DeviceNews
from drivers.device import DeviceEvent, Tell

__all__ = ["DeviceWatch", "Stands"]

_LOOK_S = 0.2
"""How often it is seen who came and who went."""

_MOST_WAITING = 100
"""What is told of one device while the loop does something else; what goes beyond is nobody's."""
_MOST_UNREAD = 1_000
"""Many devices may begin to babble in one moment."""


class Stands(Protocol):
    """What has a name, and a fault while it cannot be used."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def fault(self) -> str | None:
        """Why it cannot be used now."""
        ...


class DeviceWatch:
    """An agent's ``devices``, to whoever listens. ``lane_of`` says whose each is."""

    def __init__(self, devices: Callable[[], Iterable[Stands]], lane_of: Mapping[str, str]) -> None:
        self._devices, self._lane_of = devices, lane_of
        self._listeners: set[Listener[DeviceNews]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None  # while anybody listens
        self._looking: asyncio.Task[None] | None = None
        self._seen: Standing = {}
        self._stopped = False

    def beside(self, tell: Tell) -> Tell:
        """Answer what hands a device's events to ``tell``, and then to whoever looks on."""

        room = threading.Semaphore(_MOST_WAITING)

        def both(event: DeviceEvent) -> None:
            tell(event)
            loop = self._loop
            if loop is not None and room.acquire(blocking=False):
                with contextlib.suppress(RuntimeError):  # the agent has ended
                    loop.call_soon_threadsafe(self._told, event, room)

        return both

    @contextmanager
    def listen(self) -> Iterator[Listener[DeviceNews]]:
        """Hear what happens, after how each device stands, until left; on the event loop."""
        listener = Listener[DeviceNews](most_unread=_MOST_UNREAD)
        for news in changes({}, self._standing(), self._lane_of):
            listener.tell(news)
        self._listeners.add(listener)
        if self._stopped:
            listener.end()
        self._begin()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._end()

    def stop(self) -> None:
        """End every stream, and those that are opened from now on."""
        self._stopped = True
        for listener in self._listeners:
            listener.end()
        self._end()

    def _standing(self) -> Standing:
        return {device.name: device.fault for device in self._devices()}

    def _begin(self) -> None:
        if self._looking is None and not self._stopped:
            self._loop = asyncio.get_running_loop()
            self._seen = self._standing()
            self._looking = self._loop.create_task(self._look_on())

    def _end(self) -> None:
        self._loop = None
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._standing()
            self._tell(changes(self._seen, now, self._lane_of))
            self._seen = now

    def _told(self, event: DeviceEvent, room: threading.Semaphore) -> None:
        room.release()
        self._tell([news_of(event, self._lane_of.get(event.device))])

    def _tell(self, told: Iterable[DeviceNews]) -> None:
        for news in told:
            for listener in tuple(self._listeners):
                listener.tell(news)

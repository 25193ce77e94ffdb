"""What devices told and nobody has looked at yet.

Each device may have a hundred events waiting; what goes beyond is dropped and counted on the
device's own thread, so that one that floods takes nothing from the others, not even the event
loop's time. Those of one lane are taken in the order in which they came, whichever of its devices
told them. Each lane has a desk of its own: one that is slow holds up nobody else.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import structlog

from drivers.device import CardPresented, DeviceEvent, Tell, ZoneVisited

__all__ = ["WAITING_MOST", "Inbox"]

WAITING_MOST = 100
"""Unanswered events of one device: so many mean that nobody looks."""

Seen = TypeVar("Seen", bound=DeviceEvent)

_log = structlog.get_logger(__name__)


class Inbox:
    """Events of every device, on their way from its thread to the desk that serves them.

    ``lane_of`` says which lane a device belongs to. A card of a device without one, a product, what
    was refused and a tag that left are nothing to anybody, and do not wait.
    """

    def __init__(self, devices: Iterable[str], lane_of: Mapping[str, str]) -> None:
        self._lane_of = lane_of
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting = dict.fromkeys(devices, 0)
        self._dropped = dict.fromkeys(self._waiting, 0)
        self._full: set[str] = set()
        self.cards = {lane: _Desk[CardPresented](self) for lane in set(lane_of.values())}
        self.visits = _Desk[ZoneVisited](self)

    def open(self) -> None:
        """Take events from now on, for the event loop that runs."""
        with self._lock:
            self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Take no more: a device that does not stop tells nobody."""
        with self._lock:
            self._loop = None

    def of(self, device: str) -> Tell:
        """Answer what takes a device's events, from any thread. It never waits."""
        return lambda event: self._tell(device, event)

    def dropped(self, device: str) -> int:
        """Answer how many events of a device found too many before them."""
        return self._dropped[device]

    def _tell(self, device: str, event: DeviceEvent) -> None:
        with self._lock:
            desk = self._desk_of(device, event)
            if self._loop is None or desk is None:
                return
            if self._waiting[device] < WAITING_MOST:
                desk.add(self._loop, device, event)
                self._waiting[device] += 1
                return
            self._dropped[device] += 1
            is_news = device not in self._full
            self._full.add(device)
        if is_news:
            _log.warning("tap_dropped", reader=device, token=_masked(event))

    def _desk_of(self, device: str, event: DeviceEvent) -> "_Desk[Any] | None":
        """Answer where an event waits; None for one that nobody serves, and nobody loses."""
        match event:
            case CardPresented() if device in self._lane_of:
                return self.cards[self._lane_of[device]]
            case ZoneVisited(change="arrived"):
                return self.visits
            case _:
                return None

    def taken(self, device: str) -> None:
        """Make room for one more event of a device. A flood is one line in the log."""
        self._waiting[device] -= 1
        if self._waiting[device] == 0:
            self._full.discard(device)

    @property
    def lock(self) -> threading.Lock:
        """What every look at the desks is done under; nobody waits while they have it."""
        return self._lock


class _Desk(Generic[Seen]):
    """The events that one task takes, the oldest first."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._events: deque[tuple[str, Seen]] = deque()
        self._news = asyncio.Event()

    def add(self, loop: asyncio.AbstractEventLoop, device: str, event: Seen) -> None:
        """Append an event, under the inbox's lock, and wake who waits for it."""
        if not self._events:
            loop.call_soon_threadsafe(self._news.set)
        self._events.append((device, event))

    async def take(self) -> tuple[str, Seen]:
        """Wait for the next event, and answer it with the device that told it."""
        while True:
            with self._inbox.lock:
                if self._events:
                    device, event = self._events.popleft()
                    self._inbox.taken(device)
                    return device, event
                self._news.clear()
            await self._news.wait()


def _masked(event: DeviceEvent) -> str | None:
    return event.token.masked if isinstance(event, CardPresented | ZoneVisited) else None

"""Events of a lane or of the devices, and those who hear them.

Listeners get events through bounded queues; one that does not keep up is dropped and connects
again, which shows it the present state.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

__all__ = ["EventName", "LaneEvent", "Listener"]

_MOST_UNREAD = 100

EventName = Literal["card", "quote", "sale", "redemption", "status", "screen"]
"""``screen`` is for screens alone: what they show has changed by the clock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneEvent:
    """Something a lane's screens and POS want to know; ``data`` is JSON-ready."""

    name: EventName
    data: dict[str, Any]


Event = TypeVar("Event")


class Listener(Generic[Event]):
    """One open stream. Ends when the agent stops, or when it fell too far behind."""

    def __init__(self, *, most_unread: int = _MOST_UNREAD) -> None:
        self._unread: asyncio.Queue[Event | None] = asyncio.Queue(most_unread)
        self._ended = False

    def tell(self, event: Event) -> None:
        """Hand an event over; a listener with no room left is ended."""
        try:
            self._unread.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Make the stream stop after what it has read."""
        self._ended = True
        with suppress(asyncio.QueueFull):
            self._unread.put_nowait(None)

    async def events(self) -> AsyncIterator[Event]:
        """Yield events as they come, until ended."""
        while not self._ended or not self._unread.empty():
            event = await self._unread.get()
            if event is None:
                return
            yield event

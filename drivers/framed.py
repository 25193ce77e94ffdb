"""Parsers that are made of two parts: what finds frames, and what a frame means."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from drivers.events import Event

__all__ = ["FramedParser", "FramesFinder"]

Found = TypeVar("Found")


class FramesFinder(Protocol[Found]):
    """Bytes in, frames out, and what is none in its place."""

    def feed(self, data: bytes) -> list[Found]:
        """Take the next bytes, and answer what ended in them."""
        ...

    def idle(self) -> list[Found]:
        """Give up what is unfinished."""
        ...


class FramedParser(Generic[Found]):
    """Turns a stream into events, one at least for each frame. Holds at most one frame, and what
    the last one meant: a card that rests is the same frame again and again.
    """

    def __init__(
        self, finder: FramesFinder[Found], events_of: Callable[[Found], list[Event]]
    ) -> None:
        self._finder, self._events_of = finder, events_of
        self._last: Found | None = None
        self._meant: list[Event] = []

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes and answer what the frames say that ended in them."""
        return self._meaning(self._finder.feed(data))

    def idle(self) -> list[Event]:
        """Give up what is unfinished."""
        return self._meaning(self._finder.idle())

    def _meaning(self, found: list[Found]) -> list[Event]:
        events: list[Event] = []
        for each in found:
            if each != self._last:
                self._last, self._meant = each, self._events_of(each)
            events += self._meant
        return events

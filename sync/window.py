"""What a link and its owner hand each other, and how many messages may be on the way."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Arrived", "Will", "Window"]

_MOST_OVERHEAD_BYTES = 64


@dataclass(frozen=True, kw_only=True)
class Will:
    """What the broker says of us, retained, when we leave or vanish."""

    topic: str
    death: bytes


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message from the broker. Call ``done`` once what it asks is durable, from any thread."""

    topic: str
    payload: bytes
    done: Callable[[], None]


class Window:
    """The places of one connection for messages that the broker has not answered for.

    Never waits; may be used from any thread. ``largest`` is what the broker said it takes.
    """

    def __init__(self, size: int, *, largest: int | None = None) -> None:
        self._size, self._largest = size, largest
        self._free = threading.Semaphore(size)
        self._topics: dict[int, str] = {}
        self._turning = threading.Lock()

    def refuses(self, topic: str, payload: bytes) -> str | None:
        """Say why a message cannot go, or None: the broker would hang up on a larger one."""
        largest = self._largest
        if largest is None or len(payload) + len(topic) + _MOST_OVERHEAD_BYTES <= largest:
            return None
        return f"it takes {largest} bytes, the message has {len(payload)}"

    def enter(self) -> bool:
        """Take a place, or answer False."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Give a place back."""
        self._free.release()

    def named(self, mid: int, topic: str) -> None:
        """Note where a message goes, for a word about it; its answer may have come already."""
        with self._turning:
            while len(self._topics) >= self._size:
                del self._topics[next(iter(self._topics))]
            self._topics[mid] = topic

    def left(self, mid: int) -> str | None:
        """Give the place of an answered message back; answers where it went, where that is known.

        Ids of messages count from 1 again with each connection, so nothing but words rests on them.
        """
        self.leave()
        with self._turning:
            return self._topics.pop(mid, None)

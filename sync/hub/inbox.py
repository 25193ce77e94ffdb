"""What waits to be handled: by kind, so that a customer at a till never waits behind a backlog.

Asks overtake journals, journals overtake pages of the feed, and those overtake presence. Nobody is
overtaken for ever: a message gets ahead of at most so many as one connection may have under way.
What one device sends of one level stays in the order it came in; each further message of a device
that has some waiting stands further back, so that one store's backlog keeps no other store waiting.
"""

import queue
import threading
from dataclasses import dataclass, field
from itertools import count

from sync.link import Arrived

__all__ = ["Inbox"]

_RECEIVE_MAXIMUM = 64
_MOST = 1_000
_PLACES = {"ask": -1, "hello": 0, "journal": 0, "feed": 1, "presence": 2}

_Queue = tuple[str, int]

_APART = 4
"""So many messages of others may come between two that one device sends at once."""


@dataclass(order=True, slots=True)
class _Waiting:
    place: int
    number: int
    message: Arrived | None = field(compare=False)
    queue_of: _Queue = field(compare=False, default=("", 0))


class Inbox:
    """A queue that any thread puts into and one takes from.

    Bounded by the Receive Maximum that the link announces: the broker sends no more than that of
    what it must deliver. Of what a client sent at QoS 0 it sends any number: beyond a bound that is
    let go, as QoS 0 has it. No device of ours sends so.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: queue.PriorityQueue[_Waiting] = queue.PriorityQueue()
        self.dropped = 0
        self._last: dict[_Queue, int] = {}
        """The furthest place of each device's messages of one level, where some wait."""
        self._turning = threading.Lock()

    def put(self, message: Arrived) -> None:
        """Add a message; it takes its place by the last level of its topic."""
        if self._waiting.qsize() >= _MOST:
            self.dropped += 1
            message.done()
            return
        number = next(self._numbers)
        device, _, kind = message.topic.rpartition("/")
        level = _PLACES.get(kind, 2)
        place, queue_of = number + _RECEIVE_MAXIMUM * level, (device, level)
        with self._turning:
            last = self._last.get(queue_of)
            if last is not None:
                place = max(place, last + _APART)
            self._last[queue_of] = place
        self._waiting.put(_Waiting(place, number, message, queue_of))

    def wake(self) -> None:
        """Let whoever waits go on with nothing, before all else."""
        self._waiting.put(_Waiting(-(2**62), next(self._numbers), None))

    def first(self) -> Arrived | None:
        """Answer the message that would be taken now, and leave it here."""
        with self._waiting.mutex:
            return self._waiting.queue[0].message if self._waiting.queue else None

    def take(self, timeout_s: float) -> Arrived | None:
        """Answer the next message; None where none came in time, or after ``wake``."""
        try:
            waiting = self._waiting.get(timeout=timeout_s)
        except queue.Empty:
            return None
        message = waiting.message
        if message is not None:
            with self._turning:
                if self._last.get(waiting.queue_of) == waiting.place:
                    del self._last[waiting.queue_of]  # it was the last that waited
        return message

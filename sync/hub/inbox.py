"""What waits to be handled: by kind, so that a customer at a till never waits behind a backlog.

Asks overtake journals, journals overtake pages of the feed, and those overtake presence. Nobody is
overtaken for ever: a message gets ahead of at most so many as one connection may have under way.
Messages of one kind stay in the order they came in.
"""

import queue
from dataclasses import dataclass, field
from itertools import count

from sync.link import Arrived

__all__ = ["Inbox"]

_RECEIVE_MAXIMUM = 64
_MOST = 1_000
_PLACES = {"ask": -1, "hello": 0, "journal": 0, "feed": 1, "presence": 2}


@dataclass(order=True, slots=True)
class _Waiting:
    place: int
    number: int
    message: Arrived | None = field(compare=False)


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

    def put(self, message: Arrived) -> None:
        """Add a message; it takes its place by the last level of its topic."""
        if self._waiting.qsize() >= _MOST:
            self.dropped += 1
            message.done()
            return
        number = next(self._numbers)
        kind = message.topic.rpartition("/")[2]
        place = number + _RECEIVE_MAXIMUM * _PLACES.get(kind, 2)
        self._waiting.put(_Waiting(place, number, message))

    def wake(self) -> None:
        """Let whoever waits go on with nothing, before all else."""
        self._waiting.put(_Waiting(-(2**62), next(self._numbers), None))

    def take(self, timeout_s: float) -> Arrived | None:
        """Answer the next message; None where none came in time, or after ``wake``."""
        try:
            return self._waiting.get(timeout=timeout_s).message
        except queue.Empty:
            return None

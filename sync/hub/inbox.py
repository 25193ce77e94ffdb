"""What waits to be handled: by kind, so that a customer at a till never waits behind a backlog.

Asks, and questions whose a card is, overtake everything, journals overtake pages of the feed, and
those overtake presence. Nobody is overtaken for ever: an ask gets ahead of at most so many as one
connection may have under way, and anything else of fewer.
What one device sends of one level stays in the order it came in; each further message of a device
that has some waiting stands further back, so that one store's backlog keeps no other store waiting.

A store that hears nothing says again who it is, or how, or asks again for a page of the feed. What
it says last counts alone: it takes the place of what waits, so that head office, which is slow, has
nothing more to do for that.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import structlog

from sync.link import Arrived

__all__ = ["RECEIVE_MAXIMUM", "Inbox"]

RECEIVE_MAXIMUM = 1_000
"""So many messages the broker hands over before the first is done. What it keeps itself goes in the
order it came in, an ask behind a thousand stores that greet, and each of those again as often as it
repeats itself. Batches have 64 KiB at most, but for a rare one: so all of it is some 64 MB.
"""

_MOST = 1_000

_MOST_BYTES = 32 * 1024 * 1024
"""Of one device: more than its sixteen batches may have, if each were of the largest there are."""

_PLACES = {"ask": -RECEIVE_MAXIMUM, "hello": 0, "journal": 0, "feed": 256, "presence": 320}
"""How many messages a kind lets go before it, or overtakes."""

_NAMES_A_CARD = b'"token":"'

_LAST_COUNTS = ("hello", "feed", "presence")

_Queue = tuple[str, int]

_APART, _FURTHEST = 4, 64
"""So many messages of others may come between two that one device sends at once, and so many in
all: as many as between the sixteen of a whole window. Were it told by the last one alone, a device
that always has some waiting would stand further back with each, at last behind every level.
"""

_SAID_EVERY_S = 60.0

_log = structlog.get_logger(__name__)


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
    let go, as QoS 0 has it. No device of ours sends so. Nor does one have more under way than
    its window: beyond a bound of bytes its messages are let go, and it alone sends them again.
    What is let go is counted, and logged once a minute.
    """

    def __init__(self, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._say_at_s = monotonic_s()
        self._numbers = count()
        self._waiting: queue.PriorityQueue[_Waiting] = queue.PriorityQueue()
        self._bytes: dict[str, int] = {}
        """What waits of each device that has anything waiting."""
        self.dropped = 0
        self._last: dict[_Queue, int] = {}
        """The furthest place of each device's messages of one level, where some wait."""
        self._replaceable: dict[str, _Waiting] = {}
        """What waits of the kinds of which the last counts, by topic."""
        self._turning = threading.Lock()

    def put(self, message: Arrived) -> None:
        """Add a message; it takes its place by the last level of its topic."""
        device, _, kind = message.topic.rpartition("/")
        if self._waiting.qsize() >= _MOST or not self._has_room(device, message):
            self._let_go(device)
            message.done()
            return
        if kind == "feed" and _NAMES_A_CARD in message.payload:
            kind = "ask"  # a cashier waits to hear whose card it is
        if kind in _LAST_COUNTS and self._replace(message):
            return
        number = next(self._numbers)
        level = _PLACES.get(kind, _PLACES["presence"])
        place, queue_of = number + level, (device, level)
        with self._turning:
            last = self._last.get(queue_of)
            if last is not None:
                place = min(max(place, last + _APART), place + _FURTHEST)
            self._last[queue_of] = place
            waiting = _Waiting(place, number, message, queue_of)
            if kind in _LAST_COUNTS:
                self._replaceable[message.topic] = waiting
        self._waiting.put(waiting)

    def _let_go(self, device: str) -> None:
        """Count a message that is let go, and say so where nobody was told for a minute."""
        self.dropped += 1
        now_s = self._monotonic_s()
        if now_s >= self._say_at_s:
            self._say_at_s = now_s + _SAID_EVERY_S
            _log.warning("messages_let_go", newest_of=device[:200], dropped=self.dropped)

    def _has_room(self, device: str, message: Arrived) -> bool:
        """Count a message, if its device may have so much waiting."""
        with self._turning:
            size = self._bytes.get(device, 0) + len(message.payload)
            older = self._replaceable.get(message.topic)
            replaced = 0 if older is None or older.message is None else len(older.message.payload)
            if size - replaced > _MOST_BYTES:
                return False
            self._bytes[device] = size
        return True

    def _forget(self, device: str, message: Arrived) -> None:
        """Count a device's message no longer."""
        left = self._bytes.get(device, 0) - len(message.payload)
        if left > 0:
            self._bytes[device] = left
        else:
            self._bytes.pop(device, None)

    def _replace(self, message: Arrived) -> bool:
        """Put a message in the place of one of its topic; answers whether one waited."""
        with self._turning:
            waiting = self._replaceable.get(message.topic)
            if waiting is None or waiting.message is None:
                return False
            older, waiting.message = waiting.message, message
            self._forget(waiting.queue_of[0], older)
        older.done()
        return True

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
        with self._turning:
            message = waiting.message
            if message is not None:
                self._forget(waiting.queue_of[0], message)
                if self._last.get(waiting.queue_of) == waiting.place:
                    del self._last[waiting.queue_of]  # it was the last that waited
                if self._replaceable.get(message.topic) is waiting:
                    del self._replaceable[message.topic]
        return message

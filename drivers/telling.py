"""How a device tells what it saw: what is new of it, no faster than a hand moves, all counted.

A reader that floods is heard no more often than cards can be laid down: what goes beyond is dropped
and counted. What is refused has a hand of its own, so that noise takes no card's turn.
"""

from collections.abc import Iterable

from drivers.device import Counters, Refused, Tell
from drivers.events import Event, ProductRead, Reason, RefusedFrame, StatusSeen, TokenRead
from drivers.sightings import Read, Sightings

__all__ = ["SteadyHand", "Telling"]


class SteadyHand:
    """Lets through what a hand can do: ten events at once, and then five in a second.

    >>> hand = SteadyHand()
    >>> sum(hand.can(now_s=0.0) for _ in range(1_000)), hand.can(now_s=0.3)
    (10, True)
    """

    def __init__(self, *, at_once: int = 10, per_s: float = 5.0) -> None:
        self._most, self._per_s = float(at_once), per_s
        self._left, self._at_s = self._most, 0.0

    def can(self, now_s: float) -> bool:
        """Say whether one more event may be told."""
        self._left = min(self._most, self._left + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Telling:
    """What one device tells. ``sightings`` says what is new of what was read.

    Times are seconds of a monotonic clock; a device calls it on its own thread alone.
    """

    def __init__(self, device: str, tell: Tell, sightings: Sightings) -> None:
        self.counters = Counters()
        self._device, self._tell, self._sightings = device, tell, sightings
        self._hand, self._noise = SteadyHand(), SteadyHand()

    def take(self, events: Iterable[Event], now_s: float) -> bool | None:
        """Take what was made of a device's bytes, and tell what is to be told of it.

        Answers True where anything was told, False where all was refused, None for neither.
        """
        self.passed(now_s)
        taken: bool | None = None
        for event in events:
            match event:
                case TokenRead() | ProductRead():
                    taken = self._see(event, now_s) or taken
                case RefusedFrame(reason=reason):
                    self.refuse(reason, now_s)
                    taken = taken or False
                case StatusSeen():
                    pass  # nothing to a lane
        return taken

    def refuse(self, reason: Reason, now_s: float) -> None:
        """Count it, and tell it where few do."""
        self.counters.refused += 1
        if self._noise.can(now_s):
            self._tell(Refused(device=self._device, reason=reason))

    def passed(self, now_s: float) -> None:
        """Tell what time has brought: it belongs to one that was told."""
        for change in self._sightings.passed(now_s):
            self._tell(change)

    def _see(self, read: Read, now_s: float) -> bool:
        event = self._sightings.seen(read, now_s)
        if event is None:
            return False
        if not self._hand.can(now_s):
            self.counters.dropped += 1
            self._sightings.untold(read)
            return False
        self.counters.presentations += 1
        self._tell(event)
        return True

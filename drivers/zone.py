"""Who stands in a reader's zone: a tag arrives, stays, and leaves.

A UHF reader sees metres, not centimetres, and sees them badly: someone who walks past is read once
or twice, someone who stays is missed now and then. So a tag arrives once it was seen in several
readings that lie close together, and leaves once it was not seen for a while.

>>> zone = Zone(arrive_sightings=3, window_s=2.0, gone_after_s=10.0)
>>> tag = Token("wiegand", "6-8613")
>>> [zone.seen(tag, at_s) for at_s in (0.0, 0.5)]
[None, None]
>>> zone.seen(tag, 1.0)
TagArrived(token=Token(wiegand:**8613), at_s=1.0)
>>> zone.leavers(10.9), zone.leavers(11.0)
([], [TagLeft(token=Token(wiegand:**8613), arrived_at_s=1.0, last_seen_at_s=1.0)])

Times are seconds of a monotonic clock, handed in; one that steps back is taken to stand still.
"""

from collections import deque
from dataclasses import dataclass

from agent.core.tokens import Token

__all__ = ["TAGS_MOST", "TagArrived", "TagLeft", "Zone"]

TAGS_MOST = 256
"""More than a shop's door ever has; a pallet of tagged goods has more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagArrived:
    """A tag was seen often enough to be here: a visit begins."""

    token: Token
    at_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TagLeft:
    """A tag that had arrived was not seen for long enough: the visit is over."""

    token: Token
    arrived_at_s: float
    last_seen_at_s: float


class Zone:
    """The tags of one reader. Holds ``tags_most`` of them, and a few times for each.

    When it is full, a tag that is seen for the first time takes the place of the one that has not
    arrived and was not seen for longest. Where all have arrived it is passed over and counted in
    ``passed_over``, and has its chance again with its next sighting: who is here stays here.
    """

    def __init__(
        self,
        *,
        arrive_sightings: int,
        window_s: float,
        gone_after_s: float,
        tags_most: int = TAGS_MOST,
    ) -> None:
        if arrive_sightings < 1 or tags_most < 1:
            raise ValueError("a zone needs at least one sighting and room for one tag")
        self.passed_over = 0
        self._arrive_sightings = arrive_sightings
        self._window_s = window_s
        self._gone_after_s = gone_after_s
        self._tags_most = tags_most
        # Both in the order of the last sighting, oldest first.
        self._coming: dict[Token, deque[float]] = {}
        self._here: dict[Token, tuple[float, float]] = {}  # arrived, last seen
        self._now_s = float("-inf")

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tags that are here."""
        return tuple(self._here)

    def seen(self, token: Token, now_s: float) -> TagArrived | None:
        """Take one sighting. Two at the same moment are one reading, and count once.

        Ask ``leavers`` first: a tag that comes back after it was gone arrives anew only then.
        """
        now_s = self._turn_to(now_s)
        if token in self._here:
            arrived_at_s, _ = self._here.pop(token)
            self._here[token] = (arrived_at_s, now_s)
            return None
        sightings = self._coming.pop(token, None)
        if sightings is None:
            if not self._has_room():
                self.passed_over += 1
                return None
            sightings = deque(maxlen=self._arrive_sightings)
        if not sightings or sightings[-1] < now_s:
            sightings.append(now_s)
        if len(sightings) < self._arrive_sightings or now_s - sightings[0] > self._window_s:
            self._coming[token] = sightings
            return None
        self._here[token] = (now_s, now_s)
        return TagArrived(token=token, at_s=now_s)

    def forget(self, token: Token) -> None:
        """Have a tag arrive anew, as if it had not been seen yet."""
        self._here.pop(token, None)
        self._coming.pop(token, None)

    def leavers(self, now_s: float) -> list[TagLeft]:
        """Answer who left, longest unseen first; to be asked now and then, seen or not."""
        now_s = self._turn_to(now_s)
        left = []
        for token, (arrived_at_s, seen_at_s) in self._here.items():
            if now_s - seen_at_s < self._gone_after_s:
                break  # and so were all behind it
            left.append(TagLeft(token=token, arrived_at_s=arrived_at_s, last_seen_at_s=seen_at_s))
        for gone in left:
            del self._here[gone.token]
        return left

    def _turn_to(self, now_s: float) -> float:
        self._now_s = max(self._now_s, now_s)
        while self._coming:  # whoever walked past is forgotten
            token = next(iter(self._coming))
            if self._now_s - self._coming[token][-1] <= self._window_s:
                break
            del self._coming[token]
        return self._now_s

    def _has_room(self) -> bool:
        if len(self._coming) + len(self._here) < self._tags_most:
            return True
        if not self._coming:
            return False
        del self._coming[next(iter(self._coming))]
        return True

"""One presentation per card laid down, however often the reader repeats it.

An RDM6300 sends the frame again every 50 to 65 ms while a card lies there. Repeats are swallowed
per card, not per reader: a second card is a presentation of its own at once.

>>> presence = Presence(gone_after_s=0.5)
>>> card, other = Token("em4100", "0C000621A5"), Token("em4100", "67003B51C6")
>>> [presence.is_new(card, at_s) for at_s in (0.00, 0.06, 0.12)]
[True, False, False]
>>> presence.is_new(other, 0.18), presence.is_new(card, 1.0)
(True, True)
"""

from agent.core.tokens import Token
from drivers.events import ProductRead

__all__ = ["GONE_AFTER_S", "Presence"]

GONE_AFTER_S = 0.5
"""Eight missed repeats of an RDM6300: the card was taken away."""


_MOST_CARDS = 100
"""More cards than a person can hold: what is beyond is no card, and the oldest is forgotten."""


class Presence:
    """Remembers which cards, or tagged products, lie on one reader; times are seconds of a
    monotonic clock.

    Costs the same however many lie there.
    """

    def __init__(self, *, gone_after_s: float = GONE_AFTER_S) -> None:
        self._gone_after_s = gone_after_s
        self._seen_at_s: dict[Token | ProductRead, float] = {}  # the one seen longest ago first

    def is_new(self, token: Token | ProductRead, now_s: float) -> bool:
        """Say whether this sighting is a new presentation. Holds only cards seen just now."""
        seen_at_s = self._seen_at_s.pop(token, None)
        self._seen_at_s[token] = now_s
        oldest = next(iter(self._seen_at_s))
        while self._is_gone(oldest, now_s) or len(self._seen_at_s) > _MOST_CARDS:
            del self._seen_at_s[oldest]
            oldest = next(iter(self._seen_at_s))
        return seen_at_s is None or now_s - seen_at_s >= self._gone_after_s

    def _is_gone(self, token: Token | ProductRead, now_s: float) -> bool:
        return now_s - self._seen_at_s[token] >= self._gone_after_s

"""When to ask for the next page of the feed: decisions only."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.core.backoff import delay_s

__all__ = ["Feeding"]

_EVERY_S = 10.0
_SELDOM_S = 30.0
_EMPTY = 4
"""After so many pages that tell nothing the next is asked for later: where something comes, more
does, and a member who stands at the till is asked for by their card.
"""

_ANSWER_WITHIN_S = 10.0
_LONGEST_S = 60.0
_AS_LONG = 5
"""Where a page is late, so many times as long as it took goes by until the next is asked for."""

_GIVES_WAY_S = 30.0
"""So long the feed is not asked for while batches wait for head office, which has much to do."""


@dataclass(slots=True)
class Feeding:
    """One request at a time; the next at once where there is more, else after a while, which gets
    longer while nothing comes, or nobody answers.
    """

    nonce: str | None = None
    """Of the request that is open."""
    since: int = 0
    """The cursor it asked from."""
    due_s: float = 0.0
    _asked_s: float = 0.0
    _more: bool = False
    _unanswered: int = 0
    _empty: int = 0
    """Pages in a row that told nothing."""

    def restart(self) -> None:
        """A session opened: ask at once."""
        self.nonce, self.due_s, self._unanswered, self._empty = None, 0.0, 0, 0

    def is_due(self, now_s: float, *, sending: bool) -> bool:
        """Say whether to ask now; a request that nobody answered is asked again. While batches are
        under way, which matter more, it waits for a while, unless the last page said there is more.
        """
        gives_way = sending and not self._more
        return now_s >= self.due_s + (_GIVES_WAY_S if gives_way else 0.0)

    def asked(self, nonce: str, since: int, now_s: float, dice: Callable[[], float]) -> None:
        """A request went out."""
        self.nonce, self.since, self._asked_s = nonce, since, now_s
        self.due_s = now_s + delay_s(
            self._unanswered, first_s=_ANSWER_WITHIN_S, longest_s=_LONGEST_S, dice=dice
        )
        self._unanswered += 1

    def answered(
        self, *, more: bool, is_empty: bool, now_s: float, dice: Callable[[], float]
    ) -> None:
        """A page was taken."""
        self.nonce, self._unanswered, self._more = None, 0, more
        self._empty = self._empty + 1 if is_empty else 0
        attempt = max(0, self._empty - _EMPTY)
        wait_s = delay_s(attempt, first_s=_EVERY_S, longest_s=_SELDOM_S, dice=dice)
        late_s = min(_AS_LONG * (now_s - self._asked_s), _LONGEST_S)
        self.due_s = now_s if more else now_s + max(wait_s, late_s)

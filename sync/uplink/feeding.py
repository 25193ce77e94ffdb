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
_LONGEST_SILENCE_S = 60.0


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
    _unanswered: int = 0
    _empty: int = 0
    """Pages in a row that told nothing."""

    def restart(self) -> None:
        """A session opened: ask at once."""
        self.nonce, self.due_s, self._unanswered, self._empty = None, 0.0, 0, 0

    def is_due(self, now_s: float) -> bool:
        """Say whether to ask now; a request that nobody answered is asked again."""
        return now_s >= self.due_s

    def asked(self, nonce: str, since: int, now_s: float, dice: Callable[[], float]) -> None:
        """A request went out."""
        self.nonce, self.since = nonce, since
        self.due_s = now_s + delay_s(
            self._unanswered, first_s=_ANSWER_WITHIN_S, longest_s=_LONGEST_SILENCE_S, dice=dice
        )
        self._unanswered += 1

    def answered(
        self, *, more: bool, is_empty: bool, now_s: float, dice: Callable[[], float]
    ) -> None:
        """A page was taken."""
        self.nonce, self._unanswered = None, 0
        self._empty = self._empty + 1 if is_empty else 0
        attempt = max(0, self._empty - _EMPTY)
        wait_s = delay_s(attempt, first_s=_EVERY_S, longest_s=_SELDOM_S, dice=dice)
        self.due_s = now_s if more else now_s + wait_s

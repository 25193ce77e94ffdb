"""When to ask for the next page of the feed: decisions only."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.core.backoff import delay_s

__all__ = ["Feeding"]

_EVERY_S = 10.0
_ANSWER_WITHIN_S = 10.0


@dataclass(slots=True)
class Feeding:
    """One request at a time; the next at once where there is more, else after a while."""

    nonce: str | None = None
    """Of the request that is open."""
    since: int = 0
    """The cursor it asked from."""
    due_s: float = 0.0

    def restart(self) -> None:
        """A session opened: ask at once."""
        self.nonce, self.due_s = None, 0.0

    def is_due(self, now_s: float) -> bool:
        """Say whether to ask now; a request that nobody answered is asked again."""
        return now_s >= self.due_s

    def asked(self, nonce: str, since: int, now_s: float, dice: Callable[[], float]) -> None:
        """A request went out."""
        self.nonce, self.since = nonce, since
        self.due_s = now_s + delay_s(
            0, first_s=_ANSWER_WITHIN_S, longest_s=_ANSWER_WITHIN_S, dice=dice
        )

    def answered(self, *, more: bool, now_s: float, dice: Callable[[], float]) -> None:
        """A page was taken."""
        self.nonce = None
        wait_s = delay_s(0, first_s=_EVERY_S, longest_s=_EVERY_S, dice=dice)
        self.due_s = now_s if more else now_s + wait_s

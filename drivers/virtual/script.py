"""What scripted worlds share: acts in a row, and a clock that costs no time."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

__all__ = ["Script"]

A = TypeVar("A")


class Script(Generic[A]):
    """Plays acts in order, and is over when they are. ``look`` is called where the script looks."""

    def __init__(self, acts: Iterable[A], look: Callable[[], object]) -> None:
        self._acts = deque(acts)
        self._look = look
        self._now_s = 1_000.0
        self._ended = False
        self.held = 0
        """What was opened and not let go of: ports, contexts, cards."""

    def now_s(self) -> float:
        """Answer the time of the script."""
        return self._now_s

    def is_over(self) -> bool:
        """Say whether the script is played."""
        return self._ended or not self._acts

    def end(self) -> None:
        """Be over at once, whatever stands in the script."""
        self._ended = True

    def take(self, for_s: float) -> None:
        """Let time pass while something is done."""
        self._now_s += for_s

    def _replace(self, act: A | None) -> None:
        """Put what is left of the act under way in its place."""
        if self._acts:
            self._acts.popleft()
        if act is not None:
            self._acts.appendleft(act)

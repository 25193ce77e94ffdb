"""What happens when: things to be done at a time of the world, in order."""

import heapq
import itertools
from collections.abc import Callable

from sync.simulation.clocks import World

__all__ = ["Schedule"]

_Doing = Callable[[], None]


class Schedule:
    """A heap of things to be done. Two at the same time are done in the order they were said."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._heap: list[tuple[float, int, _Doing]] = []
        self._numbers = itertools.count()

    def after(self, wait_s: float, doing: _Doing) -> None:
        """Have something done ``wait_s`` from now."""
        when = self._world.now_s + max(0.0, wait_s)
        heapq.heappush(self._heap, (when, next(self._numbers), doing))

    def run_until(self, end_s: float) -> None:
        """Let time pass up to ``end_s``, and do what is due on the way."""
        while self._heap and self._heap[0][0] <= end_s:
            when, _, doing = heapq.heappop(self._heap)
            self._world.now_s = max(self._world.now_s, when)
            doing()
        self._world.now_s = max(self._world.now_s, end_s)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to come."""
        return not self._heap

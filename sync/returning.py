"""How long to stay away after a connection ended, and what the last ones had in common.

A broker that cannot be reached is tried ever more seldom, until it lets us in. After that a
connection that stood for a while may end and be made again at once, however often a bad line has
that.

Two clients of one name throw each other out for ever: the broker lets the newer one in and hangs up
on the older. Some brokers say so (MQTT 5.0, 4.13: reason 0x8E), others just hang up. Then each
connection lasts as long as the other client stays away. So one that ended soon, or that lasted no
longer than we had waited for it, counts as cut off, and where several in a row were, there seems to
be somebody else of our name.
"""

from collections.abc import Callable

from agent.core.backoff import delay_s

__all__ = ["COPY", "SESSION_TAKEN_OVER", "Returning"]

SESSION_TAKEN_OVER = 0x8E
COPY = "another client seems to connect under this device's name: is there a copy of it?"

_SOON_S = 10.0
_LONGER = 2.5
"""So many times the last wait; jitter makes one client's wait up to twice the other's."""

_FIRST_S = 0.25
_LONGEST_S = 30.0
_TAKEN_OVER_ATTEMPT = 6
"""Between 8 and 16 seconds, and longer while it goes on."""

_IN_A_ROW = 3


class Returning:
    """Counts what came to nothing."""

    def __init__(self) -> None:
        self._failed = 0
        self._cut_off = 0
        self._waited_s = 0.0

    def ended(self, *, lasted_s: float | None, taken_over: bool) -> None:
        """A connection is over that ``lasted_s``; None where there was none."""
        if lasted_s is None:
            self._failed += 1
        else:
            stood = lasted_s >= max(_SOON_S, _LONGER * self._waited_s)
            self._failed, self._cut_off = 0, 0 if stood else self._cut_off + 1
        if taken_over:
            self._cut_off = max(self._cut_off, _TAKEN_OVER_ATTEMPT)

    @property
    def looks_copied(self) -> bool:
        """Whether somebody else seems to use our name."""
        return self._cut_off >= _IN_A_ROW

    def wait_s(self, dice: Callable[[], float]) -> float:
        """Answer how long to wait before the next connection, with jitter."""
        attempt = max(self._failed, self._cut_off)
        self._waited_s = delay_s(attempt, first_s=_FIRST_S, longest_s=_LONGEST_S, dice=dice)
        return self._waited_s

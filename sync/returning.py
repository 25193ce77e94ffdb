"""How long to stay away after a connection ended, and what the last ones had in common.

Two clients of one name throw each other out for ever: the broker lets the newer one in and hangs up
on the older. Some brokers say so (MQTT 5.0, 4.13: reason 0x8E), others just hang up. So a
connection counts as one only if it lasted, and where several in a row did not, there is somebody
else of our name.
"""

from collections.abc import Callable

from agent.core.backoff import delay_s

__all__ = ["COPY", "SESSION_TAKEN_OVER", "Returning"]

SESSION_TAKEN_OVER = 0x8E
COPY = "another client seems to connect under this device's name: is there a copy of it?"

_HELD_S = 60.0
_FIRST_S = 0.25
_LONGEST_S = 30.0
_TAKEN_OVER_ATTEMPT = 6
"""Between 8 and 16 seconds, and longer while it goes on."""

_IN_A_ROW = 3


class Returning:
    """Counts what came to nothing."""

    def __init__(self) -> None:
        self._attempt = 0
        self._cut_off = 0

    def ended(self, *, lasted_s: float | None, taken_over: bool) -> None:
        """A connection is over that ``lasted_s``; None where there was none."""
        held = lasted_s is not None and lasted_s > _HELD_S
        self._attempt = 0 if held else self._attempt + 1
        if lasted_s is not None:
            self._cut_off = 0 if held else self._cut_off + 1
        if taken_over:
            self._attempt = max(self._attempt, _TAKEN_OVER_ATTEMPT)
            self._cut_off = max(self._cut_off, _IN_A_ROW)

    @property
    def looks_copied(self) -> bool:
        """Whether somebody else seems to use our name."""
        return self._cut_off >= _IN_A_ROW

    def wait_s(self, dice: Callable[[], float]) -> float:
        """Answer how long to wait before the next connection, with jitter."""
        return delay_s(self._attempt, first_s=_FIRST_S, longest_s=_LONGEST_S, dice=dice)

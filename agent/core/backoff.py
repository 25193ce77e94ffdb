"""How long to wait before trying again: exponential, capped, with jitter.

Jitter spreads a thousand stores whose line came back in the same second. The dice are handed in.

>>> [delay_s(attempt, first_s=1, longest_s=60, dice=lambda: 1.0) for attempt in range(8)]
[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
"""

from collections.abc import Callable

__all__ = ["delay_s"]


def delay_s(attempt: int, *, first_s: float, longest_s: float, dice: Callable[[], float]) -> float:
    """Answer the wait before attempt ``attempt`` + 1, a half to all of the step."""
    step_s = min(longest_s, first_s * 2.0 ** min(attempt, 32))
    return step_s * (0.5 + 0.5 * dice())

"""Waiting for a condition, with an end: never for an amount of time."""

import time
from collections.abc import Callable

__all__ = ["wait_until"]

_SHORTEST_S = 0.005
_LONGEST_S = 0.1
_PART = 0.1
"""How much of the time waited so far may pass before it is asked again."""


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
    """Return as soon as ``condition`` holds. Raises TimeoutError naming ``what``.

    The longer it took, the less often it is asked: who waits takes no time from what it waits for.
    """
    since_s = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - since_s
        if waited_s > timeout_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(min(max(_SHORTEST_S, waited_s * _PART), _LONGEST_S))

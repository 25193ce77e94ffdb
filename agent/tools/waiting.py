"""Waiting for a condition, with an end: never for an amount of time."""

import time
from collections.abc import Callable

__all__ = ["wait_until"]

_POLL_S = 0.01


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
    """Return as soon as ``condition`` holds. Raises TimeoutError naming ``what``."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(_POLL_S)

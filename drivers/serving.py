"""A device's thread: it is served until it is over, and whatever fails is said and tried again.

All kinds of devices are kept up in this one way: a first attempt at once, and each further one
after a longer wait.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

__all__ = ["NOT_OPENED", "Waits", "driver_failed", "keep_serving"]

NOT_OPENED = "not opened yet"
"""The fault of a device before the first attempt."""

_HELD_S = 5
"""What worked for so long is no loose contact: the next loss is tried again at once."""


class Waits(Protocol):
    """What is needed of the world between two attempts."""

    def now_s(self) -> float:
        """Answer the time of a clock that nobody sets, in seconds."""
        ...

    def is_over(self) -> bool:
        """Say whether the loop has to end."""
        ...

    def wait_before(self, attempt: int) -> None:
        """Wait before another attempt, longer each time, at most until the loop has to end."""
        ...


def keep_serving(
    world: Waits, serve: Callable[[], None], lost: Callable[[Exception], None]
) -> None:
    """Call ``serve`` until the world is over. ``lost`` takes what ended it before."""
    attempt = 0
    while not world.is_over():
        began_s = world.now_s()
        try:
            serve()
        except Exception as error:  # noqa: BLE001 - a thread that ended would look alive
            if world.is_over():
                return
            lost(error)
            attempt = 0 if world.now_s() - began_s > _HELD_S else attempt
            world.wait_before(attempt)
            attempt += 1


def driver_failed(error: Exception) -> str:
    """Say where a driver failed, and not with what, which may be a card's number."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"its driver failed: {type(error).__name__} at {Path(at.filename).name}:{at.lineno}"

"""Running what is written for an event loop without one: everything it awaits is there at once."""

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["NotAtOnce", "run_now"]

T = TypeVar("T")


class NotAtOnce(RuntimeError):
    """Something waited for what comes later, which nothing here brings."""


def run_now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in one go. Raises NotAtOnce where it has to wait.

    >>> async def twice(points: int) -> int:
    ...     return 2 * points
    >>> run_now(twice(21))
    42
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    coroutine.close()
    raise NotAtOnce(f"{coroutine} waits for something that no simulation brings")

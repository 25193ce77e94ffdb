"""Waiting no longer than a person does: some calls of the system cannot be told when to give up."""

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["within"]

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T | None:
    """Answer what a call answers; None where it takes longer, or fails with an OSError.

    Whoever does not come back is left behind in a thread that ends with the process.
    """
    answers: list[T] = []

    def ask() -> None:
        try:
            answers.append(call())
        except OSError:
            return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else None

"""Long work in one transaction says that it goes on, to whoever watches its thread.

A worker that does not come round for some time is taken for dead. Work that takes long on purpose
calls :func:`still_turning` now and then; whoever runs it says with :func:`tell_turning` whom that
tells. It tells nobody where nobody asked.
"""

from collections.abc import Callable
from contextvars import ContextVar

__all__ = ["still_turning", "tell_turning"]


def _nobody() -> None:
    pass


_TOLD: ContextVar[Callable[[], None]] = ContextVar("told", default=_nobody)


def tell_turning(told: Callable[[], None]) -> None:
    """Have this thread's long work tell so that it goes on."""
    _TOLD.set(told)


def still_turning() -> None:
    """Say that long work goes on."""
    _TOLD.get()()

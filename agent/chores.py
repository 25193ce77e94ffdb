"""Chores: what the daemon does by the clock, until it is stopped.

The scheduler ends a chore that is under way when it shuts down, and would log that as a mistake.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

__all__ = ["until_stopped"]


def until_stopped(chore: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Make of a chore one that simply ends when the daemon stops."""

    @wraps(chore)
    async def done() -> None:
        try:
            await chore()
        except asyncio.CancelledError:
            return  # only a shutdown ends it: nobody waits for what it would answer

    return done

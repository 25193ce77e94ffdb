"""Work beside the work under way: begun at once, awaited by nobody, and never lost sight of."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

__all__ = ["Beside"]

_log = structlog.get_logger(__name__)


class Beside:
    """Tasks of the running loop. A failure is logged; it stops nobody else."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settled(self) -> None:
        """Wait until everything that was begun is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("lane_work_failed", exc_info=error)

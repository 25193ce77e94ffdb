"""The workers of one head office: a thread in this process, or processes that share the work.

Several need PostgreSQL: SQLite takes one writer. Each has a name that stays, so that one which was
started again takes its own place at the broker.
"""

import asyncio
import contextlib
import gc
import json
import os
import secrets
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import Field

from agent.clock import system_clock
from agent.core.backoff import delay_s
from agent.core.values import Value
from sync.hub.database import Database
from sync.hub.ingest import Ingest
from sync.hub.office import HeadOffice
from sync.hub.settings import HubSettings

__all__ = ["Crew", "OneWorker", "WorkerProcesses", "WorkerStatus"]

_END_WITHIN_S = 4.0
_COLLECT_AFTER = 10_000
"""So many more objects are there than were freed: those of a batch of two hundred entries."""
_STATUS_BYTES = 64 * 1024

_log = structlog.get_logger(__name__)


class WorkerStatus(Value):
    """How one worker is. ``counts`` are since its start, of each kind of thing, which."""

    worker: int
    online: bool
    is_turning: bool
    faults: tuple[str, ...] = ()
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)


class Crew(Protocol):
    """Whoever does the work."""

    restarts: int

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """Finish what is in hand, in less than five seconds."""

    def statuses(self) -> tuple[WorkerStatus, ...]:
        """Answer how each worker was last heard to be."""


class OneWorker:
    """A worker in a thread of this process."""

    def __init__(self, settings: HubSettings, database: Database, *, number: int = 1) -> None:
        self._number = number
        self._office = HeadOffice(
            database, clock=system_clock, mint=lambda: secrets.token_urlsafe(16)
        )
        self._ingest = Ingest(
            settings.broker.broker(),
            self._office,
            client_id=f"hub.{settings.name}.{number}",
            leads=number == 1,
        )
        self.restarts = 0

    def begin(self) -> None:
        """Begin taking messages."""
        # What is loaded by now stays: the collector need not walk it with every few batches. And it
        # looks for circles, of which there are few, after a batch rather than some twenty times in
        # each: that was a seventh of the time.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        self._ingest.start()

    def end(self) -> None:
        """Finish the message in hand; may block for some seconds."""
        self._ingest.stop()

    async def start(self) -> None:
        """Begin taking messages."""
        self.begin()

    async def stop(self) -> None:
        """Finish the message in hand."""
        await asyncio.to_thread(self.end)

    def status(self) -> WorkerStatus:
        """Say how it is."""
        ingest = self._ingest
        ended = None if ingest.is_turning else "the ingest thread does not come round"
        idle = ingest.idle and f"what time asks cannot be done ({ingest.idle})"
        faults = (ended, ingest.fault, idle, ingest.link.fault)
        counts: dict[str, dict[str, int]] = {"answers": {"unsent": ingest.unsent}}
        for (kind, which), number in tuple(self._office.counts.items()):
            counts.setdefault(kind, {})[which] = number
        return WorkerStatus(
            worker=self._number,
            online=ingest.link.connected,
            is_turning=ingest.is_turning,
            faults=tuple(fault for fault in faults if fault is not None),
            counts=counts,
        )

    def statuses(self) -> tuple[WorkerStatus, ...]:
        """Answer how it is."""
        return (self.status(),)


class WorkerProcesses:
    """Workers in processes of their own; one that ends is started again."""

    def __init__(self, configs: tuple[Path, ...], *, count: int) -> None:
        self._configs = tuple(str(path.resolve()) for path in configs)
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []
        self._processes: dict[int, Process] = {}
        self._statuses: dict[int, WorkerStatus] = {}
        self._stopping = asyncio.Event()
        self.restarts = 0

    async def start(self) -> None:
        """Start every worker."""
        for number in range(1, self._count + 1):
            self._tasks.append(asyncio.create_task(self._keep(number)))

    async def stop(self) -> None:
        """End every worker in order, and those that do not end by force."""
        self._stopping.set()
        for process in self._processes.values():
            _signal(process.terminate)
        _, late = await asyncio.wait(self._tasks, timeout=_END_WITHIN_S)
        for process in self._processes.values():
            _signal(process.kill)
        if late:
            await asyncio.wait(late)

    def statuses(self) -> tuple[WorkerStatus, ...]:
        """Answer what each worker said last."""
        return tuple(
            self._statuses.get(number) or _not_heard(number) for number in range(1, self._count + 1)
        )

    async def _keep(self, number: int) -> None:
        """Run one worker, again and again."""
        attempt = 0
        while not self._stopping.is_set():
            heard = await self._run(number)
            self._statuses[number] = _not_heard(number)
            if self._stopping.is_set():
                return
            self.restarts += 1
            attempt = 0 if heard else attempt + 1
            wait_s = delay_s(attempt, first_s=0.25, longest_s=10, dice=lambda: 1.0)
            _log.error("worker_ended", worker=number, again_in_s=wait_s)
            try:
                await asyncio.wait_for(self._stopping.wait(), wait_s)
            except TimeoutError:
                continue

    async def _run(self, number: int) -> bool:
        """Run a worker until it ends; answers whether it was heard to turn."""
        reading, writing = os.pipe()
        command = (sys.executable, "-m", "sync.hub.worker", str(number), str(writing))
        try:
            process = await asyncio.create_subprocess_exec(
                *command, *self._configs, stdin=asyncio.subprocess.DEVNULL, pass_fds=(writing,)
            )
        finally:
            os.close(writing)
        self._processes[number] = process
        if self._stopping.is_set():
            _signal(process.terminate)
        heard = await self._listen(reading, number)
        await process.wait()
        del self._processes[number]
        return heard

    async def _listen(self, reading: int, number: int) -> bool:
        """Take a worker's lines until it closes its end."""
        heard = False
        lines = asyncio.StreamReader(limit=_STATUS_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(reading, "rb")
        )
        try:
            while line := await lines.readline():
                status = WorkerStatus.model_validate(json.loads(line))
                self._statuses[number] = status
                heard = heard or status.is_turning
        finally:
            transport.close()
        return heard


def _signal(send: Callable[[], None]) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        send()


def _not_heard(number: int) -> WorkerStatus:
    return WorkerStatus(
        worker=number,
        online=False,
        is_turning=False,
        faults=(f"worker {number} does not run: it was only just started, or has ended",),
    )

"""The workers of one head office: a thread in this process, or processes that share the work.

Several need PostgreSQL: SQLite takes one writer. Each has a name that stays, so that one which was
started again takes its own place at the broker. One that hangs is ended by force: systemd watches
this process alone, and is told that all is well as long as any worker comes round.
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
from dataclasses import dataclass
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

_HUNG_AFTER_S = 300.0
"""A worker that was not heard to turn for so long is ended by force. What takes long on purpose
says that it goes on (``still_turning``); a connection that is lost is given up after half a minute;
and of what remains, a statement and its locks, nothing takes minutes, but to wait for another
worker that does such long work. Who is ended while it waits has lost nothing: its transaction is
undone and its messages come again.
"""

_LOOKS = 10
"""So often a worker is looked at in that time. Looks are counted and not time: where the whole
machine was held up, nobody could say anything meanwhile, and nobody is ended for it.
"""

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
        counts: dict[str, dict[str, int]] = {
            "answers": {"unsent": ingest.unsent},
            "messages": {"dropped": ingest.dropped},
        }
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


@dataclass(slots=True)
class _Heard:
    """What one process was heard to say since it was last looked at, and whether it ever turned."""

    spoke: bool = False
    turned: bool = False
    ever_turned: bool = False

    def add(self, status: WorkerStatus) -> None:
        """Count one thing said."""
        self.spoke = True
        self.turned = self.turned or status.is_turning
        self.ever_turned = self.ever_turned or status.is_turning

    def begin_anew(self) -> None:
        """Begin the time until the next look."""
        self.spoke = self.turned = False


class WorkerProcesses:
    """Workers in processes of their own. One that ends is started again; one that does not turn for
    ``hung_after_s``, or says nothing at all, is ended.
    """

    def __init__(
        self, configs: tuple[Path, ...], *, count: int, hung_after_s: float = _HUNG_AFTER_S
    ) -> None:
        self._configs = tuple(str(path.resolve()) for path in configs)
        self._count = count
        self._look_every_s = hung_after_s / _LOOKS
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
        heard = _Heard()
        watching = asyncio.create_task(self._watch(number, process, heard))
        try:
            await self._listen(reading, number, heard)
            await process.wait()
        finally:
            watching.cancel()
        del self._processes[number]
        return heard.ever_turned

    async def _listen(self, reading: int, number: int, heard: _Heard) -> None:
        """Take a worker's lines until it closes its end."""
        lines = asyncio.StreamReader(limit=_STATUS_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(reading, "rb")
        )
        try:
            while line := await lines.readline():
                status = WorkerStatus.model_validate(json.loads(line))
                self._statuses[number] = status
                heard.add(status)
        except ValueError as error:
            # Its pipe is closed, so that it ends, as one does that nobody hears.
            _log.error("worker_not_understood", worker=number, error=type(error).__name__)
        finally:
            transport.close()

    async def _watch(self, number: int, process: Process, heard: _Heard) -> None:
        """End a worker by force that was not heard to turn at so many looks, one after another."""
        missed = 0
        while missed < _LOOKS:
            await asyncio.sleep(self._look_every_s)
            missed = 0 if heard.turned else missed + 1
            if not heard.spoke:
                self._statuses[number] = _silent(number, self._statuses.get(number))
            heard.begin_anew()
        _log.error(
            "worker_hangs",
            worker=number,
            not_turning_for_s=self._look_every_s * _LOOKS,
            reason="; ".join(self._statuses[number].faults),
        )
        _signal(process.kill)  # a process that is stopped hears nothing else


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


def _silent(number: int, last: WorkerStatus | None) -> WorkerStatus:
    """Say of a process that it says nothing; its counts are those it said last."""
    return WorkerStatus(
        worker=number,
        online=False,
        is_turning=False,
        faults=(f"worker {number} says nothing: its process is stopped or cannot go on",),
        counts={} if last is None else last.counts,
    )

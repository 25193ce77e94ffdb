"""A worker that does not come round, or says nothing, is ended by force and started again.

The processes are real, and play the worker: they say what one would say, and nothing else.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.tools.waiting import wait_until
from sync.hub.crew import WorkerProcesses

_HUNG_AFTER_S = 2.0
"""Longer than a process of three lines needs to begin to speak, on a machine that is busy."""

_PLAYS_A_WORKER = f"""#!{sys.executable} -SE
import json, os, pathlib, sys, time
number, pipe, here = int(sys.argv[3]), int(sys.argv[4]), pathlib.Path(sys.argv[5]).parent
(here / f"pid-{{number}}").write_text(str(os.getpid()))
while True:
    hangs = (here / f"hangs-{{number}}").exists()
    said = {{"worker": number, "online": True, "is_turning": not hangs,
             "faults": ["the ingest thread does not come round"] if hangs else []}}
    line = "what is this" if (here / f"raves-{{number}}").exists() else json.dumps(said)
    os.write(pipe, line.encode() + b"\\n")
    time.sleep(0.01)
"""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which workers play: what lies in it says how they do."""
    program = tmp_path / "python"
    program.write_text(_PLAYS_A_WORKER)
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    (tmp_path / "hub.toml").touch()
    return tmp_path


def _pid(office: Path, number: int) -> int:
    try:
        return int((office / f"pid-{number}").read_text() or 0)
    except FileNotFoundError:
        return 0


def _with_two(office: Path, happens: Callable[[WorkerProcesses], Awaitable[None]]) -> None:
    """Have two workers, both of which turn, when something happens."""

    async def live() -> None:
        crew = WorkerProcesses((office / "hub.toml",), count=2, hung_after_s=_HUNG_AFTER_S)
        await crew.start()
        try:
            await _until(lambda: all(each.is_turning for each in crew.statuses()), "both")
            await happens(crew)
        finally:
            await crew.stop()

    asyncio.run(live())


async def _until(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what)


async def _is_replaced(crew: WorkerProcesses, office: Path, number: int, gone: int) -> None:
    """Wait until another process plays the worker, and turns."""
    await _until(lambda: _pid(office, number) not in (0, gone), "another process")
    await _until(lambda: crew.statuses()[number - 1].is_turning, "it to turn")
    assert not Path(f"/proc/{gone}").exists()
    assert crew.restarts >= 1


def test_a_worker_whose_thread_hangs_is_replaced(office: Path) -> None:
    """It says itself that its thread does not come round; after some time of that it is killed and
    started again, the log says why, and the worker beside it goes on.
    """

    async def happens(crew: WorkerProcesses) -> None:
        hanging, well = _pid(office, 1), _pid(office, 2)
        (office / "hangs-1").touch()
        await _until(lambda: not Path(f"/proc/{hanging}").exists(), "its end")
        (office / "hangs-1").unlink()
        await _is_replaced(crew, office, 1, hanging)
        assert _pid(office, 2) == well

    with capture_logs() as logs:
        _with_two(office, happens)
    why = next(each for each in logs if each["event"] == "worker_hangs")
    assert (why["worker"], why["reason"]) == (1, "the ingest thread does not come round")
    assert next(each["worker"] for each in logs if each["event"] == "worker_ended") == 1


def test_a_worker_that_says_nothing_is_replaced(office: Path) -> None:
    """A process that is stopped keeps its pipe open and says nothing: what it said last counts no
    more, and it is killed, which ends a stopped process, too.
    """

    async def happens(crew: WorkerProcesses) -> None:
        stopped = _pid(office, 1)
        os.kill(stopped, signal.SIGSTOP)
        await _until(lambda: not crew.statuses()[0].is_turning, "its silence to count")
        await _is_replaced(crew, office, 1, stopped)

    with capture_logs() as logs:
        _with_two(office, happens)
    why = next(each for each in logs if each["event"] == "worker_hangs")
    assert why["worker"] == 1
    assert "says nothing" in why["reason"]


def test_a_worker_that_nobody_understands_is_replaced(office: Path) -> None:
    """A line that is no status ends the worker that said it, and not the watch over it."""

    async def happens(crew: WorkerProcesses) -> None:
        raving = _pid(office, 1)
        (office / "raves-1").touch()
        await _until(lambda: not Path(f"/proc/{raving}").exists(), "its end")
        (office / "raves-1").unlink()
        await _is_replaced(crew, office, 1, raving)

    with capture_logs() as logs:
        _with_two(office, happens)
    assert "worker_not_understood" in {each["event"] for each in logs}

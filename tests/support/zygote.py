"""Agents and hubs that start in no time, and can be killed and started again.

Most of a start is Python importing its libraries. A zygote has done that once; each process is
forked from it, and from there on runs what the ``tapledger`` command runs. It is a whole process
with its own threads, sockets and files: SIGKILL ends it as it would end any other.

The zygote ends when its standard input does, and its children with it: nothing outlives the tests.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.tools.processes import Process, spawn, tapledger

__all__ = ["Forked", "ForkedDaemons", "Zygote"]

_PR_SET_PDEATHSIG = 1

_LIBRARIES = (
    "agent.cli",
    "agent.cli.ledger",
    "agent.daemon",
    "agent.logs",
    "apscheduler.executors.asyncio",
    "apscheduler.triggers.cron",
    "apscheduler.triggers.interval",
    "drivers.readers.pn532_session",
    "drivers.readers.uhf18_session",
    "drivers.serial_drivers",
    "mutants",
    "pydantic.v1",
    "sync.hub.server",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
)
"""What agents, hubs and short commands import, also what they import only when they need it."""


class Forked:
    """A process that a zygote forked; speaks as ``subprocess.Popen`` does."""

    def __init__(self, pid: int, bury: Callable[["Forked"], int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._bury = bury
        self._life = os.pidfd_open(pid)

    def fileno(self) -> int:
        """Answer what ``select`` can wait for: it is readable once the process has ended."""
        return self._life

    def poll(self) -> int | None:
        """Answer its exit code, or None while it runs."""
        return self.returncode if self._is_over(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; answers its exit code. Raises subprocess.TimeoutExpired."""
        if not self._is_over(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._life, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def _is_over(self, within_s: float | None) -> bool:
        if self.returncode is None and select.select([self], [], [], within_s)[0]:
            os.close(self._life)
            self.returncode = self._bury(self)
        return self.returncode is not None


class Zygote:
    """A test's side of it. Threads may share one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str]
        self._living: list[Forked] = []
        self._asking = threading.Lock()

    def open(self) -> None:
        """Start the zygote, which has no children yet."""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which then close this
        )

    def close(self) -> None:
        """End the zygote and its children."""
        self._process.communicate()
        for child in self._living:
            select.select([child], [], [])
            os.close(child.fileno())

    def fork(
        self,
        *arguments: str,
        log: Path,
        environment: Mapping[str, str],
        mutant: str = "",
        errors: Path | None = None,
    ) -> Forked:
        """Run ``tapledger`` with these arguments, what it says appended to a log.

        ``mutant`` names one of ``mutants.py`` to make of it first; ``errors`` is the log of what it
        says on standard error, where that is to be told apart.
        """
        log.touch()
        asked = {
            "arguments": arguments,
            "log": str(log),
            "errors": str(errors or log),
            "mutant": mutant,
        }
        with self._asking:
            pid = self._ask(fork=asked | {"environment": dict(environment)})
            child = Forked(pid, self._bury)
            self._living.append(child)
        return child

    def _bury(self, child: Forked) -> int:
        with self._asking:
            self._living.remove(child)
            return self._ask(bury=child.pid)

    def _ask(self, **asked: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class ForkedDaemons:
    """Starts a store's and head office's processes by forking, and any other as it comes.

    The zygote is there from the first of them on. Threads may share one.
    """

    def __init__(self) -> None:
        self._zygote: Zygote | None = None
        self._opening = threading.Lock()

    def __enter__(self) -> "ForkedDaemons":
        return self

    def __exit__(self, *_: object) -> None:
        if self._zygote is not None:
            self._zygote.close()

    def launch(self, command: list[str], log: Path) -> Process:
        """Start a command that appends what it says to a log."""
        ours = tapledger()
        if command[: len(ours)] != ours:
            return spawn(command, log)
        zygote = self._opened()
        return zygote.fork(*command[len(ours) :], log=log, environment=os.environ)

    def run(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run ``tapledger`` with these arguments to its end; answers what it said.

        Raises subprocess.TimeoutExpired, and has killed it then.
        """
        with tempfile.TemporaryDirectory() as directory:
            said, errors = (Path(directory, name) for name in ("stdout", "stderr"))
            zygote = self._opened()
            child = zygote.fork(*arguments, log=said, errors=errors, environment=os.environ)
            try:
                code = child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise
            return subprocess.CompletedProcess(
                arguments, code, said.read_text("utf-8"), errors.read_text("utf-8")
            )

    def _opened(self) -> Zygote:
        with self._opening:
            if self._zygote is None:
                self._zygote = Zygote()
                self._zygote.open()
            return self._zygote


def _fork_as_asked() -> dict[str, Any] | None:
    """Serve ``fork`` and ``bury`` until the input ends; a child answers what it is to do."""
    zygote = os.getpid()
    for line in sys.stdin:
        asked = json.loads(line)
        if "bury" in asked:
            _answer(os.waitstatus_to_exitcode(os.waitpid(asked["bury"], 0)[1]))
            continue
        child = os.fork()
        if child == 0:
            _die_with(zygote)
            return dict(asked["fork"])
        _answer(child)
    return None


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the zygote ended first")


def _log_to(log: str, errors: str) -> None:
    """Take the logs for standard output and error, and nothing for input."""
    appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for target, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, log, appended),
        (2, errors, appended),
    ):
        source = os.open(path, how, 0o600)
        os.dup2(source, target)
        os.close(source)


def main() -> None:
    """Be the zygote, and then each of its children."""
    assert threading.active_count() == 1, "a fork takes only the thread that forks"
    gc.disable()
    for library in _LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # what all share is nobody's garbage
    gc.enable()
    asked = _fork_as_asked()
    if asked is None:
        return
    _log_to(asked["log"], asked["errors"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    if asked["mutant"]:
        sys.modules["mutants"].MUTANTS[asked["mutant"]]()
    sys.modules["agent.cli"].main(asked["arguments"], prog_name="tapledger")


if __name__ == "__main__":
    main()

"""Real processes: a mosquitto, a hub, agents; started, ended in order, or killed."""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from agent.paths import shipped_config
from agent.tools.waiting import wait_until

__all__ = ["Daemon", "Mosquitto", "Process", "ToolMissing", "free_port", "spawn", "tapledger"]

_HOLDS_ANYWHERE = ("max_packet_size ", "log_dest ", "set_tcp_nodelay ")
"""What of the shipped configuration of mosquitto does not depend on the machine."""


class ToolMissing(Exception):
    """A program that this needs is not installed; the message says how to get it."""


def free_port() -> int:
    """Answer a loopback port that is free, and kept for whom this process starts until it ends.

    Bound and never listening, a socket lets others listen there that set SO_REUSEADDR, as every
    server here does, and keeps the kernel from giving the number to anybody else, also while a
    server is down.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    held.detach()  # it stays open, and nobody's to close
    return port


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put signals off: one that raised between a start and its record would leave a process."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    came: list[int] = []
    ours = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, lambda it, _: came.append(it)) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in came:
        signal.raise_signal(late)


class Process(Protocol):
    """What a daemon asks of its process; ``subprocess.Popen`` is one."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


def spawn(command: list[str], log: Path) -> Process:
    """Start a command that appends what it says to a log."""
    with log.open("ab") as said:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )


class Daemon:
    """A child process that logs to a file and says there when it is ready.

    ``launch`` starts it, for all daemons: tests have one that is faster.
    """

    launch: ClassVar[Callable[[list[str], Path], Process]] = staticmethod(spawn)

    def __init__(self, command: list[str], log: Path, *, ready: str) -> None:
        self._command = command
        self._log = log
        self._ready = ready
        self._process: Process | None = None
        self._read_from = 0

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until its log says it is ready. Raises RuntimeError with the log."""
        self._read_from = self._log.stat().st_size if self._log.exists() else 0
        with _uninterrupted():
            self._process = Daemon.launch(self._command, self._log)
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the log says it is ready, or the process has ended."""
        wait_until(lambda: self._says_ready() or not self.running, f"{self._command[0]} to start")
        if not self._says_ready():
            raise RuntimeError(f"{' '.join(self._command)} did not start:\n{self.output()}")

    def _says_ready(self) -> bool:
        return self._ready in self.output()

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, "start comes first"  # noqa: S101
        return self._process.pid

    def output(self) -> str:
        """What it has written since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode("utf-8", "replace")

    def log_lines(self) -> list[dict[str, Any]]:
        """The JSON lines it has logged since its last start."""
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]

    def stop(self, *, timeout_s: float = 10.0) -> int:
        """End it in order; answers its exit code."""
        return self._end(signal.SIGTERM, timeout_s)

    def kill(self) -> int:
        """End it as a power cut would: SIGKILL."""
        return self._end(signal.SIGKILL, 10.0)

    def _end(self, how: signal.Signals, timeout_s: float) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise


def tapledger(*arguments: str) -> list[str]:
    """Build the command line of our own program, from this very environment."""
    return [sys.executable, "-m", "agent", *arguments]


class Mosquitto(Daemon):
    """A real mosquitto on a loopback port, with passwords, and with access rules, bounds and log as
    they are shipped.

    ``settings`` are further lines of its configuration. The rules are a copy, so that they can be
    changed: see :meth:`reload`.
    """

    def __init__(
        self, directory: Path, *, users: dict[str, str], settings: tuple[str, ...] = ()
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.passwords, self.rules = directory / "passwords", directory / "rules"
        shutil.copy(shipped_config("mosquitto.acl"), self.rules)
        self.passwords.write_text("".join(f"{user}:{word}\n" for user, word in users.items()))
        self.passwords.chmod(0o600)
        _run_tool("mosquitto_passwd", "-U", str(self.passwords))  # writes hashes in their place
        config = directory / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"user {getpass.getuser()}\n"
            "allow_anonymous false\n"
            f"password_file {self.passwords}\n"
            f"acl_file {self.rules}\n"
            "persistence true\n"
            f"persistence_location {directory}/\n"
            + "".join(f"{line}\n" for line in (*_as_shipped(), *settings))
        )
        command = [_tool("mosquitto"), "-c", str(config)]
        super().__init__(command, directory / "mosquitto.log", ready=" running")

    def set_password(self, user: str, password: str) -> None:
        """Let a user in with a password; the one before is good no more."""
        new = [] if self.passwords.exists() else ["-c"]
        _run_tool("mosquitto_passwd", *new, "-b", str(self.passwords), user, password)

    def reload(self) -> None:
        """Have it read its rules and passwords again."""
        os.kill(self.pid, signal.SIGHUP)


def _as_shipped() -> list[str]:
    """Answer the lines of the shipped configuration that hold wherever a broker runs."""
    lines = shipped_config("mosquitto.conf").read_text("utf-8").splitlines()
    return [each for each in lines if each.startswith(_HOLDS_ANYWHERE)]


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ToolMissing(f"{name} is not installed; on Debian: apt-get install mosquitto")
    return found


def _run_tool(name: str, *arguments: str) -> None:
    subprocess.run([_tool(name), *arguments], check=True, capture_output=True)

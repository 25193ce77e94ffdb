"""An agent that can be killed and started again in no time.

Most of an agent's start is Python importing its libraries. A zygote has done that once; each agent
is forked from it, and from there on runs what ``tapledger agent`` runs. It is a whole process with
its own threads, sockets and files: SIGKILL ends it as it would end any other.

The zygote ends when its standard input does, and its agent with it: nothing outlives the test.
"""

import asyncio
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from mutants import MUTANTS

from agent.daemon import Agent
from agent.layered import load
from agent.service import configure_logs
from agent.settings import AgentSettings

__all__ = ["AgentEnded", "Zygote"]

_READY_WITHIN_S = 30
_PR_SET_PDEATHSIG = 1


class AgentEnded(Exception):
    """The agent ended, or never became ready; the message has what it logged last."""


class Zygote:
    """A test's side: forks agents from one configuration, one at a time, and kills them."""

    def __init__(self, config: Path, log: Path, *, mutant: str = "") -> None:
        self._log = log
        self._command = [sys.executable, __file__, str(config), str(log), mutant]
        self._process: subprocess.Popen[str]
        self._agent: int | None = None

    def open(self) -> None:
        """Start the zygote, which starts no agent yet."""
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind("")  # the kernel picks a free abstract name, which starts with a NUL
        name = self._systemd.getsockname()[1:].decode()
        # An agent refuses variables under its prefix that are none of its settings.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TAPLEDGER_")}
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=inherited | {"NOTIFY_SOCKET": f"@{name}"},
            start_new_session=True,  # Ctrl-C is for the test, which then closes this
        )

    def close(self) -> None:
        """End the zygote and whatever agent it has."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)
        if self._agent is not None:
            select.select([self._agent], [], [])
            os.close(self._agent)
            self._agent = None
        self._systemd.close()

    def start(self) -> None:
        """Fork an agent; it may not be ready yet."""
        self._agent = os.pidfd_open(int(self._ask("fork")))

    def wait_ready(self) -> None:
        """Wait until the agent tells systemd that it is ready. Raises AgentEnded."""
        assert self._agent is not None, "start comes first"
        told, _, _ = select.select([self._systemd, self._agent], [], [], _READY_WITHIN_S)
        if self._systemd not in told:
            what = "ended by itself" if told else f"is not ready after {_READY_WITHIN_S} s"
            raise AgentEnded(f"the agent {what}; it logged last:\n{self._newest_log()}")

    def kill(self) -> None:
        """Send the agent SIGKILL; ``bury`` comes next."""
        assert self._agent is not None, "start comes first"
        signal.pidfd_send_signal(self._agent, signal.SIGKILL)

    def bury(self) -> None:
        """Wait until a killed agent is gone. Raises AgentEnded where it had ended by itself."""
        assert self._agent is not None, "start comes first"
        os.close(self._agent)
        self._agent = None
        ended = int(self._ask("bury"))
        if ended != -signal.SIGKILL:
            raise AgentEnded(f"the agent ended with {ended}; it logged last:\n{self._newest_log()}")
        self._forget_what_it_told()

    def _forget_what_it_told(self) -> None:
        """Drop what a killed agent said, so that it is not taken for the word of the next."""
        with suppress(BlockingIOError):
            while True:
                self._systemd.recv(100, socket.MSG_DONTWAIT)

    def _ask(self, command: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def _newest_log(self) -> str:
        return self._log.read_text("utf-8", "replace")[-4_000:]


def _fork_on_command() -> bool:
    """Serve ``fork`` and ``bury`` until the input ends; answers whether this is an agent now."""
    zygote, agent = os.getpid(), 0
    for command in iter(sys.stdin.readline, ""):
        if command == "bury\n":
            _answer(os.waitstatus_to_exitcode(os.waitpid(agent, 0)[1]))
            continue
        agent = os.fork()
        if agent == 0:
            _die_with(zygote)
            return True
        _answer(agent)
    return False


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the zygote ended first")


def _log_to(log: Path) -> None:
    """Take the log for standard output and error, and nothing for input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for source, target in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(written)


def main(config: str, log: str, mutant: str) -> None:
    """Be the zygote, and then each of its agents."""
    assert threading.active_count() == 1, "a fork takes only the thread that forks"
    if not _fork_on_command():
        return
    _log_to(Path(log))
    if mutant:
        MUTANTS[mutant]()
    configure_logs()
    asyncio.run(Agent(load(AgentSettings, (Path(config),))).run())


if __name__ == "__main__":
    main(*sys.argv[1:])

"""An agent that is killed and started again, over and over, and says by itself when it is ready."""

import os
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path

from zygote import Forked, Zygote

__all__ = ["AgentEnded", "KillableAgent"]

_READY_WITHIN_S = 30


class AgentEnded(Exception):
    """The agent ended, or never became ready; the message has what it logged last."""


class KillableAgent:
    """Agents of one configuration, one at a time, each with its log to itself."""

    def __init__(self, config: Path, log: Path, *, mutant: str = "") -> None:
        self._config, self._log, self._mutant = config, log, mutant
        self._zygote = Zygote()
        self._agent: Forked

    def open(self) -> None:
        """Prepare to start agents."""
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind("")  # the kernel picks a free abstract name, which starts with a NUL
        name = self._systemd.getsockname()[1:].decode()
        # An agent refuses variables under its prefix that are none of its settings.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TAPLEDGER_")}
        self._environment = inherited | {"NOTIFY_SOCKET": f"@{name}"}
        self._zygote.open()

    def close(self) -> None:
        """End the agent there is."""
        self._zygote.close()
        self._systemd.close()

    def start(self) -> None:
        """Start an agent; it may not be ready yet."""
        self._log.write_bytes(b"")
        self._agent = self._zygote.fork(
            *("agent", "--config", str(self._config)),
            log=self._log,
            environment=self._environment,
            mutant=self._mutant,
        )

    def wait_ready(self) -> None:
        """Wait until the agent tells systemd that it is ready. Raises AgentEnded."""
        told, _, _ = select.select([self._systemd, self._agent], [], [], _READY_WITHIN_S)
        if self._systemd not in told:
            what = "ended by itself" if told else f"is not ready after {_READY_WITHIN_S} s"
            raise AgentEnded(f"the agent {what}; it logged last:\n{self._newest_log()}")

    def kill(self) -> None:
        """Send the agent SIGKILL; ``bury`` comes next."""
        self._agent.kill()

    def bury(self) -> None:
        """Wait until a killed agent is gone. Raises AgentEnded where it had ended by itself."""
        ended = self._agent.wait()
        if ended != -signal.SIGKILL:
            raise AgentEnded(f"the agent ended with {ended}; it logged last:\n{self._newest_log()}")
        self._forget_what_it_told()

    def _forget_what_it_told(self) -> None:
        """Drop what a killed agent said, so that it is not taken for the word of the next."""
        with suppress(BlockingIOError):
            while True:
                self._systemd.recv(100, socket.MSG_DONTWAIT)

    def _newest_log(self) -> str:
        return self._log.read_text("utf-8", "replace")[-4_000:]

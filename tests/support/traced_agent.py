"""An agent under strace: all it does to its disk on record, or its disk made to fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recording import TRACED

from agent.tools.processes import Daemon
from agent.tools.waiting import wait_until

__all__ = ["RecordedAgent", "require_strace"]

_LONGEST_STRING = 1 << 22
_LAUNCHER = Path(__file__).with_name("weakened_agent.py")


def require_strace() -> None:
    """Skip where strace is not installed, or may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed; on Debian: apt-get install strace")
    tried = subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"strace may not trace here: {tried.stderr.strip()}")
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if os.geteuid() and scope.exists() and int(scope.read_text("ascii")):
        pytest.skip("strace may not attach here: kernel.yama.ptrace_scope is not 0")


class RecordedAgent(Daemon):
    """An agent that is recorded from its first call on; its process id is the agent's own.

    ``weakness`` names one of ``weakened_agent.py``'s; ``inject`` is an injection of strace's.
    """

    def __init__(
        self, config: Path, log: Path, *, weakness: str | None = None, inject: str = ""
    ) -> None:
        program = ["-m", "agent"] if weakness is None else [str(_LAUNCHER), weakness]
        strace = ["strace", "-D", "-f", "-y", "-xx", "-s", str(_LONGEST_STRING)]
        strace += ["-e", f"trace={','.join(TRACED)}", "-e", "signal=none", "-o", str(log)]
        # The quick way of tracing does not deliver injected signals.
        strace += ["-e", f"inject={inject}"] if inject else ["--seccomp-bpf"]
        command = [*strace, sys.executable, *program, "agent", "--config", str(config)]
        super().__init__(command, config.with_name("agent.log"), ready="agent_started")
        self._tracer: int | None = None

    def wait_ready(self) -> None:
        """Wait until the agent is ready, and note who records it."""
        super().wait_ready()
        self._tracer = int(_status(self.pid)["TracerPid"])
        assert self._tracer, "nobody records this agent"

    def wait_recorded(self) -> None:
        """Wait until the agent has ended and all that it did is written down."""
        tracer = self._tracer
        assert tracer is not None, "start comes first"
        wait_until(lambda: not self.running, "the agent to end")
        wait_until(lambda: _status(tracer).get("State", " ")[0] in " ZX", "strace to end")


def _status(pid: int) -> dict[str, str]:
    """What the kernel says of a process; empty where there is none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

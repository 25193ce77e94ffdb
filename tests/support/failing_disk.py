"""Make the disk of a running agent fail: strace is attached, and says no in the kernel's name."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.tools.waiting import wait_until

__all__ = ["failing"]


@contextmanager
def failing(pid: int, files: Sequence[Path], faults: Sequence[str]) -> Iterator[None]:
    """Have calls on these files fail while this lasts, and work again after it.

    A fault is written as strace has it, such as ``fdatasync:error=EIO:when=2+2``.
    """
    command = ["strace", "-f", "-p", str(pid), "-o", "/dev/null"]
    for file in files:
        command += ["-P", str(file)]
    for fault in faults:
        command += ["-e", f"inject={fault}"]
    with tempfile.NamedTemporaryFile() as said:
        tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=said)
        said_so_far = Path(said.name)
        try:
            wait_until(
                lambda: " attached" in said_so_far.read_text("utf-8") or tracer.poll() is not None,
                "strace to attach",
            )
            assert tracer.poll() is None, said_so_far.read_text("utf-8")
            yield
        finally:
            tracer.send_signal(signal.SIGTERM)  # strace lets go of the agent and ends
            tracer.wait(30)

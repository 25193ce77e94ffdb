"""A shop of eight lanes, each with its reader on a port, and eight ports that are merely open."""

import os
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

__all__ = ["LANES", "BarePorts", "cpu_s", "open_shop"]

LANES = tuple(str(number) for number in range(1, 9))


@contextmanager
def open_shop(directory: Path) -> Iterator[StoreKit]:
    """Run an agent with a reader at each lane; nobody listens to its lanes yet."""
    shop = StoreKit(name="bench", directory=directory, lane_names=LANES)
    readers = [lane.reader for lane in shop.lanes.values()]
    for reader in readers:
        reader.plug_in()
    try:
        shop.agent.start()
        wait_until(lambda: all(r["present"] for r in shop.health()["readers"]), "the readers")
        yield shop
    finally:
        if shop.agent.running:
            shop.agent.stop()
        for reader in readers:
            reader.unplug()


class BarePorts:
    """The process of ``bare_ports.py`` on as many ports."""

    def __init__(self) -> None:
        self._ends = [os.openpty() for _ in LANES]
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> "BarePorts":
        for _, slave in self._ends:
            tty.setraw(slave)
        ports = [os.ttyname(slave) for _, slave in self._ends]
        # Run as a file: as a module it would be as large as the agent.
        script = Path(__file__).with_name("bare_ports.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script), *ports], stdout=subprocess.PIPE
        )
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        for ends in self._ends:
            for end in ends:
                os.close(end)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def took_s(self, lane: int, data: bytes) -> float:
        """Write to a port, and answer how long it took until the process had read it."""
        began_ns = time.monotonic_ns()
        os.write(self._ends[lane][0], data)
        return (int(self._line()) - began_ns) / 1e9

    def _line(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the bare process has ended")
        return line


def cpu_s(pid: int) -> float:
    """Answer the seconds of a core that a process has used, all its threads together.

    They are utime and stime of /proc/PID/stat, in nanoseconds: Linux has a clock for each process,
    whose number is the process id's complement, shifted, and 2 (clock_getcpuclockid(3)).
    """
    return time.clock_gettime(~pid << 3 | 2)

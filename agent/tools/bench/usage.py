"""What processes use: memory now, processor time so far; each with all that it has started."""

import os
import time
from collections import defaultdict
from pathlib import Path

__all__ = ["cpu_s", "family_of", "rss_mb", "wait_until_idle"]

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def rss_mb(pid: int) -> float:
    """Answer the resident memory of a process and of all that it has started and that live, in MB
    of 1,000,000 bytes.
    """
    return sum(_pages(each) for each in family_of(pid)) * _PAGE_BYTES / 1e6


def cpu_s(pid: int) -> float:
    """Answer how much processor time a process has had, and all that it has started, the ones that
    have ended with it.
    """
    return sum(_ticks(each) for each in family_of(pid)) / _TICKS_A_SECOND


def wait_until_idle(pid: int, *, share: float = 0.1, at_most_s: float = 60) -> None:
    """Wait until a process, and all that it has started, has had less than this share of a
    processor for a second; or that long.
    """
    ends_s = time.monotonic() + at_most_s
    while time.monotonic() < ends_s:
        before_s, began_s = cpu_s(pid), time.monotonic()
        time.sleep(1)
        if cpu_s(pid) - before_s < share * (time.monotonic() - began_s):
            return


def family_of(pid: int) -> list[int]:
    """List a process, and all that it or they have started and that live."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children[found[-1]]
    return found


def _stat(pid: int) -> list[str]:
    """Read what Linux tells of a process from its state on (proc(5)); nothing of one that ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # its name may have spaces


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return sum(int(each) for each in fields[11:15])  # its own, and of children that ended


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0

"""A bench tells memory and processor time of a program with all of its processes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agent.tools.bench.hub_crowd import counts_of
from agent.tools.bench.usage import cpu_s, family_of, rss_mb

_PARENT = """
import subprocess, sys
work = "x = bytearray(30_000_000)\\nwhile __import__('time').process_time() < 0.3: pass"
subprocess.run([sys.executable, "-c", work], check=True)
child = subprocess.Popen([sys.executable, "-c", work + "\\nprint(1, flush=True)\\ninput()"])
child.wait()
"""


@pytest.fixture
def parent() -> Iterator[int]:
    """A process with a child that has ended and one that lives and holds 30 MB; both were busy."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        assert process.stdin is not None
        process.stdin.close()


def test_a_program_is_all_of_its_processes(parent: int) -> None:
    """Who lives counts with the memory that they have now; who has ended has still used time.

    Each child used 0.3 s; Linux tells of each process whole hundredths alone, the rest cut off.
    """
    assert len(family_of(parent)) == 2
    assert rss_mb(parent) > 30
    assert cpu_s(parent) > 0.5


def test_who_is_gone_uses_nothing() -> None:
    """A process may end while it is looked at."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert rss_mb(ended.pid) == 0
    assert rss_mb(os.getpid()) > 0


def test_a_curve_goes_in_steps_of_three() -> None:
    """From ten devices to a thousand; with fewer it is as many steps as there are."""
    assert counts_of(1_000) == [10, 30, 100, 300, 1_000]
    assert counts_of(10) == [1, 3, 10]

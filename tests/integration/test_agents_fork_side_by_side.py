"""Processes that tests fork from one zygote start side by side, and end with it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zygote import ForkedDaemons

from agent.tools.processes import tapledger

_THREADS = 4


def test_the_first_ones_may_come_at_once(tmp_path: Path) -> None:
    """Two stores that start in two threads have one zygote, whichever of them comes first."""
    together = threading.Barrier(_THREADS)
    with ForkedDaemons() as forked, ThreadPoolExecutor(_THREADS) as pool:

        def launch(number: int) -> int:
            together.wait()
            log = tmp_path / f"{number}.log"
            return forked.launch(tapledger("--help"), log).wait()

        assert list(pool.map(launch, range(_THREADS))) == [0] * _THREADS

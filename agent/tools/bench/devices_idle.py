"""What an agent costs that nobody asks anything: eight serial readers, and no card."""

import time
from pathlib import Path
from statistics import median

from agent.tools.bench.devices_shop import LANES, BarePorts, cpu_s, open_shop
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress

__all__ = ["idle"]

_SETTLES_S = 5.0
"""An agent looks through its newest entries and reads its program when it begins."""

_MOST_PERCENT = 2.0


def idle(directory: Path, window_s: float, progress: Progress) -> Figure:
    """Measure both at the same time, five windows of so many seconds each."""
    ours: list[float] = []
    bare: list[float] = []
    with BarePorts() as ports, open_shop(directory) as shop:
        time.sleep(_SETTLES_S)
        pids = (shop.agent.pid, ports.pid)
        for run in range(RUNS):
            began_s, before = time.monotonic(), [cpu_s(pid) for pid in pids]
            time.sleep(window_s)
            passed_s = time.monotonic() - began_s
            used = [100 * (cpu_s(pid) - b) / passed_s for pid, b in zip(pids, before, strict=True)]
            ours.append(used[0])
            bare.append(used[1])
            progress(run + 1, RUNS)
    return Figure(
        name=f"idle agent, {len(LANES)} serial readers",
        unit="% of a core",
        value=median(ours),
        raw="a bare asyncio process with as many ports open, woken once a second",
        raw_value=median(bare),
        target=Target(of="value", at_most=_MOST_PERCENT),
    )

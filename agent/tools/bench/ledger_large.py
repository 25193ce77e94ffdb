"""An agent on a large ledger: when it is ready, how fast it identifies, its memory."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from agent.tools.bench.driving import drive
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_built import Built
from agent.tools.bench.ledger_http import BareApp, sell_requests, serving
from agent.tools.bench.ledger_sales import work
from agent.tools.bench.lookups import LOOKUPS, identifies, identify, look, lookup_figure
from agent.tools.bench.measure import Progress, alternated, timed
from agent.tools.site import StoreKit

__all__ = ["large_ledger"]

_IDENTIFIES = 2_000
_SALES = 500
_IMPORT = "import agent.daemon"
_MB = 1_000_000
_BY_CARD = LOOKUPS[0]


def large_ledger(directory: Path, built: Built, progress: Progress) -> list[Figure]:
    """Measure one agent life after another on the large ledger."""
    store = StoreKit(name="bench", directory=built.large)
    accounts = built.size.accounts
    with BareApp(directory) as bare:
        runs = alternated(
            {
                "ready": lambda: [_ready_s(store)],
                "import": lambda: [timed(_import_the_agent)],
                "identify": lambda: identify(store, accounts, _IDENTIFIES, _BY_CARD),
                "look": lambda: look(bare, accounts, _IDENTIFIES),
            },
            progress=progress,
        )
    size = f"{built.size.entries:,} entries"
    return [
        Figure(
            name=f"ready with {size}",
            unit="s",
            value=median(run[0] for run in runs["ready"]),
            raw="python importing the agent's modules",
            raw_value=median(run[0] for run in runs["import"]),
            target=Target(of="value", at_most=2),
        ),
        lookup_figure(_BY_CARD, accounts, runs["identify"], runs["look"]),
        _memory(store, built),
    ]


def _ready_s(store: StoreKit) -> float:
    """Time from the start of the process to its word that it is ready."""
    began_s = time.perf_counter()
    with serving(store):
        return time.perf_counter() - began_s


def _import_the_agent() -> None:
    subprocess.run([sys.executable, "-c", _IMPORT], check=True)


def _memory(store: StoreKit, built: Built) -> Figure:
    """Read how much memory an agent has taken at most after some work."""
    accounts = built.size.accounts
    sales = work(f"memory-{time.time_ns()}", _SALES, accounts=accounts, seed=0)
    with serving(store):
        drive(store.port, identifies(_IDENTIFIES, accounts, _BY_CARD), connections=1, expected=200)
        drive(store.port, sell_requests(sales), connections=1)
        status = Path(f"/proc/{store.agent.pid}/status").read_text("ascii")
    said = f"{_IMPORT}; print(open('/proc/self/status').read())"
    imported = subprocess.run(
        [sys.executable, "-c", said], check=True, stdout=subprocess.PIPE, text=True
    )
    return Figure(
        name=f"memory at its peak after {_IDENTIFIES:,} identifies, {_SALES} sales",
        unit="MB",
        value=_peak_mb(status),
        raw="python having imported the agent's modules",
        raw_value=_peak_mb(imported.stdout),
        target=Target(of="value", at_most=150),
    )


def _peak_mb(status: str) -> float:
    """Read the largest resident set off ``/proc/<pid>/status``, proc(5)."""
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1_024 / _MB

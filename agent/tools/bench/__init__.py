"""``tapledger bench``: how long things take, beside the raw limit of the same machine and minute.

A figure alone says more about the machine than about tapledger, so each measurement is alternated
with a bare one that does only what cannot be left out, five times, and the medians are compared.
"""

from collections.abc import Callable

from agent.tools.bench.devices import run_devices_bench
from agent.tools.bench.figures import Figures
from agent.tools.bench.hub import HubSize, run_hub_bench
from agent.tools.bench.ledger import run_ledger_bench
from agent.tools.bench.ledger_built import Size
from agent.tools.bench.measure import Bar, Bench, Measurement, Report, run_bench
from agent.tools.bench.program import run_program_bench
from agent.tools.bench.sale import SaleBench
from agent.tools.bench.sync import run_sync_bench
from agent.tools.bench.tap import TapBench
from agent.tools.bench.till import run_till_bench

__all__ = [
    "BENCHES",
    "Bar",
    "Figures",
    "HubSize",
    "Measurement",
    "Report",
    "Size",
    "run_bench",
    "run_devices_bench",
    "run_hub_bench",
    "run_ledger_bench",
    "run_program_bench",
    "run_sync_bench",
    "run_till_bench",
]

BENCHES: dict[str, Callable[[], Bench]] = {"tap": TapBench, "sale": SaleBench}
"""Every measurement of how long one thing takes, by the name the command line gives it."""

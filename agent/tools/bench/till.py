"""``tapledger bench till``: what each call of a till costs, and whether a till stays as fast.

Every call stands beside the bare handler of ``bench ledger`` and beside the commit of a sale, all
taken in turns, five times.
"""

import tempfile
from pathlib import Path

from agent.tools.bench.ledger_built import Size, build
from agent.tools.bench.lookups import lookups
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms, within
from agent.tools.bench.till_figures import TillFigures
from agent.tools.bench.till_http import measure_calls
from agent.tools.bench.till_mixed import mixed_cost

__all__ = ["run_till_bench"]

_IDENTIFIES, _CUSTOMERS = 20, 10
"""How many of each go with one request of each call."""

_MOST_IDENTIFIES = 2_000
"""No agent may be asked more often in a life by telephone, see ``MOST_LOOKUPS``."""


def run_till_bench(size: Size, *, requests: int, keep: Path | None, bar: Bar) -> TillFigures:
    """Take every figure. ``keep`` is where the large ledger is kept, and looked for first.

    ``requests`` is how many of each call a run measures at one connection, and again at sixteen.
    """
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        directory = Path(name)
        with bar("calls") as progress:
            calls = measure_calls(within(directory, "calls"), requests, progress)
        with bar(f"building {size.entries:,} entries") as progress:
            built = build(keep or directory, size, progress)
        with bar("identify among them") as progress:
            samples = min(requests * _IDENTIFIES, _MOST_IDENTIFIES)
            found = lookups(within(directory, "large"), built, samples, progress)
        with bar("customers on them") as progress:
            flat = mixed_cost(built, requests * _CUSTOMERS, progress)
        disk_ms = fdatasync_p50_ms(directory)
    return TillFigures(
        bench="till",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"{size.accounts:,} accounts, {size.entries:,} entries",
        calls=calls,
        figures=(*found, flat),
    )

"""``tapledger bench ledger``: what the ledger costs, figure by figure.

Every figure stands beside its raw limit, which is what could not be left out of the same work, and
says whether it met its target. Whatever is measured and its raw limit take turns, five times.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from agent.tools.bench.figures import Figure, Figures
from agent.tools.bench.ledger_built import Size, build
from agent.tools.bench.ledger_callers import one_caller, sixteen_callers
from agent.tools.bench.ledger_flat import flat_cost
from agent.tools.bench.ledger_http import sales_over_http
from agent.tools.bench.ledger_large import large_ledger
from agent.tools.bench.ledger_verify import verification
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms, within

__all__ = ["run_ledger_bench"]


def run_ledger_bench(size: Size, *, keep: Path | None, bar: Bar) -> Figures:
    """Take every figure. ``keep`` is where the large ledger is kept, and looked for first."""
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        directory = Path(name)
        figures = tuple(_figures(directory, size, keep or directory, bar))
        disk_ms = fdatasync_p50_ms(directory)
    return Figures(
        bench="ledger",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"{size.accounts:,} accounts, {size.entries:,} entries",
        figures=figures,
    )


def _figures(directory: Path, size: Size, keep: Path, bar: Bar) -> Iterator[Figure]:
    with bar("16 callers") as progress:
        yield sixteen_callers(within(directory, "sixteen"), progress)
    with bar("1 caller") as progress:
        yield one_caller(within(directory, "one"), progress)
    with bar("HTTP") as progress:
        yield sales_over_http(within(directory, "http"), progress)
    with bar("verify") as progress:
        yield from verification(within(directory, "verify"), progress)
    with bar(f"building {size.entries:,} entries") as progress:
        built = build(keep, size, progress)
    with bar("an agent on them") as progress:
        yield from large_ledger(within(directory, "large"), built, progress)
    with bar("a sale on them") as progress:
        yield flat_cost(built, progress)

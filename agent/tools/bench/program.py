"""``tapledger bench program``: what it costs to judge a basket by a program, and to say why.

Judging is ``accumulate``, reasons included, as a till, a quote, head office and a replay do it;
explaining is ``explain``, with the calculations and every reward. Reading and checking baskets is
apart. The raw limit is the crudest evaluator there can be: one sum over a basket's lines.
"""

import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from agent.core.basket import Sale
from agent.core.program import Program
from agent.tools.baskets import BadBaskets, read_baskets
from agent.tools.bench.figures import Figure, Figures
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms
from agent.tools.bench.program_rates import Rates
from agent.tools.bench.program_shapes import explained, more_lines, more_promotions

__all__ = ["run_program_bench"]

_CHUNK = 4_000
"""How many baskets are in memory at once."""

_FEW = 500

_FIRST_DAY = date(2026, 1, 1)
"""The baskets are put into this year, in which the shipped programs have their promotions."""


def run_program_bench(program: Program, baskets: Path, *, bar: Bar) -> Figures:
    """Take every figure. Raises BadBaskets where the file has other things or nothing."""
    rates = Rates(program)
    with bar("replay") as progress:
        sales = (
            each.sale.model_copy(update={"currency": program.currency})
            for each in read_baskets(baskets, first_day=_FIRST_DAY, progress=progress)
        )
        few: list[Sale] = []
        while chunk := list(islice(sales, _CHUNK)):
            few = few or [sale for sale in chunk if sale.lines][:_FEW]
            rates.take(chunk)
    if not few:
        raise BadBaskets(f"{baskets}: no basket in it has a line")
    shapes = tuple(_shapes(program, few, bar))
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        disk_ms = fdatasync_p50_ms(Path(name))
    return Figures(
        bench="program",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"{program.edition}, {rates.subject}",
        figures=(*rates.figures(), *shapes),
    )


def _shapes(program: Program, sales: list[Sale], bar: Bar) -> Iterator[Figure]:
    with bar("30 lines") as progress:
        yield explained(program, sales, progress)
    with bar("10 to 10,000 lines") as progress:
        yield from more_lines(program, sales, progress)
    with bar("100 promotions") as progress:
        yield more_promotions(program, sales, progress)

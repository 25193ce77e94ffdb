"""How many baskets a core judges in a second, with the reasons, and how many it explains."""

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from agent.core.accumulate import ANYBODY, accumulate
from agent.core.basket import Sale
from agent.core.explain import explain
from agent.core.program import Program
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS

__all__ = ["CRUDE", "Rates", "cpu_s", "crude"]

CRUDE = "one sum over each basket's lines"

_LEAST = {"judged, with reasons": 30_000, "explained in full": 8_000}
"""Baskets a second of one core."""


class Rates:
    """Takes baskets chunk by chunk: each is judged, explained and summed in turns, five times."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._took_s: dict[str, list[float]] = {}
        self._baskets = self._lines = self._points = 0

    def take(self, sales: Sequence[Sale]) -> None:
        """Measure a chunk."""
        self._baskets += len(sales)
        self._lines += sum(len(sale.lines) for sale in sales)
        self._points += sum(accumulate(self._program, sale).points for sale in sales)
        does = {
            CRUDE: partial(crude, sales),
            "judged, with reasons": partial(_judge, self._program, sales),
            "explained in full": partial(_explain, self._program, sales),
        }
        for run in range(RUNS):
            for name, action in does.items():
                took_s = self._took_s.setdefault(name, [0.0] * RUNS)
                took_s[run] += cpu_s(action)

    @property
    def subject(self) -> str:
        """What was measured on."""
        return f"{self._baskets:,} baskets, {self._lines:,} lines, {self._points:,} points"

    def figures(self) -> list[Figure]:
        """Answer the figures of all chunks together."""
        per_s = {name: self._baskets / median(took) for name, took in self._took_s.items()}
        return [
            Figure(
                name=name,
                unit="baskets/s of a core",
                value=per_s[name],
                raw=CRUDE,
                raw_value=per_s[CRUDE],
                target=Target(of="value", at_least=least),
            )
            for name, least in _LEAST.items()
        ]


def cpu_s(action: Callable[[], None]) -> float:
    """Answer the seconds of a core that an action takes, whoever else is on the machine.

    The collector is kept from going through the baskets that the measurement itself holds.
    """
    gc.collect()
    gc.freeze()
    began_s = time.process_time()
    action()
    took_s = time.process_time() - began_s
    gc.unfreeze()
    return took_s


def crude(sales: Sequence[Sale]) -> None:
    """Add up the lines of each basket, and count a point for every whole unit."""
    for sale in sales:
        paid_minor = 0
        for line in sale.lines:
            paid_minor += line.amount_minor
        _ = paid_minor // 100


def _judge(program: Program, sales: Sequence[Sale]) -> None:
    for sale in sales:
        accumulate(program, sale)


def _explain(program: Program, sales: Sequence[Sale]) -> None:
    for sale in sales:
        explain(program, sale, ANYBODY)

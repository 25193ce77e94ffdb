"""Whether a sale costs the same on a ledger that has become large."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_built import LEDGER, Built
from agent.tools.bench.ledger_callers import CALLERS
from agent.tools.bench.ledger_sales import work
from agent.tools.bench.ledger_store import OpenStore
from agent.tools.bench.measure import Progress, alternated

__all__ = ["flat_cost", "flat_figure"]

_SALES = 4_000


def flat_cost(built: Built, progress: Progress) -> Figure:
    """Measure what a sale costs on the large ledger, beside the small one."""

    def sell(store: OpenStore) -> float:
        now = time.time_ns()
        sales = work(f"flat-{now}", _SALES, accounts=built.size.accounts, seed=now)
        return store.sell(sales, callers=CALLERS) / _SALES

    return flat_figure("a sale", built, sell, progress)


def flat_figure(
    what: str, built: Built, cost_s: Callable[[OpenStore], float], progress: Progress
) -> Figure:
    """Measure what something costs on the large ledger, in seconds, beside the small one."""
    with ExitStack() as opened:
        large = opened.enter_context(OpenStore(built.large / LEDGER))
        small = opened.enter_context(OpenStore(built.small / LEDGER))
        runs = alternated(
            {"large": lambda: cost_s(large), "small": lambda: cost_s(small)}, progress=progress
        )
    return Figure(
        name=f"{what} on {built.size.entries:,} entries",
        unit="us",
        value=median(runs["large"]) * 1_000_000,
        raw=f"the same on {built.size.few_entries:,} entries and the same accounts",
        raw_value=median(runs["small"]) * 1_000_000,
        target=Target(of="ratio", at_least=0.8, at_most=1.2),
    )

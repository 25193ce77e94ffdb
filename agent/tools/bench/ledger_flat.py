"""Whether a sale costs the same on a ledger that has become large."""

import time
from contextlib import ExitStack
from statistics import median

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_built import LEDGER, Built
from agent.tools.bench.ledger_callers import CALLERS
from agent.tools.bench.ledger_sales import work
from agent.tools.bench.ledger_store import OpenStore
from agent.tools.bench.measure import Progress, alternated

__all__ = ["flat_cost"]

_SALES = 4_000


def flat_cost(built: Built, progress: Progress) -> Figure:
    """Measure what a sale costs on the large ledger, beside the small one."""
    with ExitStack() as opened:
        large = opened.enter_context(OpenStore(built.large / LEDGER))
        small = opened.enter_context(OpenStore(built.small / LEDGER))
        accounts = built.size.accounts
        runs = alternated(
            {
                "large": lambda: _sell(large, accounts),
                "small": lambda: _sell(small, accounts),
            },
            progress=progress,
        )
    return Figure(
        name=f"a sale on {built.size.entries:,} entries",
        unit="us",
        value=median(runs["large"]) / _SALES * 1_000_000,
        raw=f"the same on {built.size.few_entries:,} entries and the same accounts",
        raw_value=median(runs["small"]) / _SALES * 1_000_000,
        target=Target(of="ratio", at_least=0.8, at_most=1.2),
    )


def _sell(store: OpenStore, accounts: int) -> float:
    now = time.time_ns()
    return store.sell(work(f"flat-{now}", _SALES, accounts=accounts, seed=now), callers=CALLERS)

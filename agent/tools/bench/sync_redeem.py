"""How long a customer waits whose points are not at this till: at head office, or at another store.

From the till's request to its answer, the hold on disk: one question to head office and back, and
in the second case from there to the other store and back as well.
"""

import statistics
from collections.abc import Iterator
from functools import partial

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, alternated, percentile
from agent.tools.bench.office_site import CrowdProcess
from agent.tools.bench.redeeming import Redeemers, Regulars
from agent.tools.site import StoreKit

__all__ = ["redemption_figures"]

_ASK_BYTES = 120


def redemption_figures(
    crowd: CrowdProcess,
    bare: CrowdProcess,
    stores: list[StoreKit],
    founder: str,
    each: int,
    progress: Progress,
) -> Iterator[Figure]:
    """Have so many members of each kind redeem at the first store, five times."""
    here, there = stores[0], stores[1]
    of_head_office = Redeemers(here, a_run=each, runs=RUNS)
    of_head_office.come(crowd, founder)
    of_the_other = Regulars(here, there, each * RUNS)
    of_the_other.come()
    runs = alternated(
        {
            "office": partial(of_head_office.redeem, each),
            "store": partial(of_the_other.redeem, each),
            "bare": partial(_ask_bare, bare, here.name, each),
        },
        progress=progress,
    )
    p99_ms = {
        name: 1000 * statistics.median(percentile(run, 99) for run in samples)
        for name, samples in runs.items()
    }
    for name, whose, at_most in (("office", "head office", 100), ("store", "another store", 500)):
        yield Figure(
            name=f"redemption of points at {whose}, p99",
            unit="ms",
            value=p99_ms[name],
            raw="a bare MQTT question, one row committed, and its answer, p99",
            raw_value=p99_ms["bare"],
            target=Target(of="value", at_most=at_most),
        )


def _ask_bare(bare: CrowdProcess, device: str, count: int) -> list[float]:
    said = bare.does("bare_rounds", devices=[device], rounds=count, size=_ASK_BYTES)
    return [float(answer_s) for answer_s in said["answers_s"]]

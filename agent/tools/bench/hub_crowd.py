"""Many devices at one hub: each sells as soon as its last sales are acknowledged.

The raw limit is as many bare devices that send messages of the same size to a bare hub.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, percentile
from agent.tools.bench.office_site import CrowdProcess, OfficeSite

__all__ = ["crowd_figures", "names_of"]

_SALES = 2
_BYTES = 1_500
"""What a batch of two real sales has, deflated and signed."""

_BATCHES = 200
"""So many batches at least a run has, however few devices there are."""

_MB = 500


@dataclass(slots=True)
class _Sizes:
    """What the runs of one number of devices gave."""

    rates: list[float] = field(default_factory=list)
    bare_rates: list[float] = field(default_factory=list)
    p99_s: list[float] = field(default_factory=list)
    bare_p99_s: list[float] = field(default_factory=list)
    asked: int = 0
    answered: int = 0


def names_of(devices: int) -> list[str]:
    """Name so many devices; fewer are the first of them."""
    return [f"crowd-{number}" for number in range(devices)]


def crowd_figures(
    site: OfficeSite,
    crowd: CrowdProcess,
    bare: CrowdProcess,
    devices: int,
    progress: Progress,
) -> Iterator[Figure]:
    """Measure with a hundredth, a tenth and all of the devices connected and selling."""
    counts = sorted({max(1, devices // 100), max(1, devices // 10), devices})
    began_mb, most_mb = site.hub_rss_mb, 0.0
    found = {count: _Sizes() for count in counts}
    joined = 0
    for place, count in enumerate(counts):
        names = names_of(count)
        crowd.does("join", tenant="demo", devices=names[joined:], members=[], points=0)
        joined = count
        for run in range(RUNS):
            _run(crowd, bare, names, found[count])
            most_mb = max(most_mb, site.hub_rss_mb)
            progress(place * RUNS + run + 1, len(counts) * RUNS)
    yield _every_answer(found[devices], devices)
    yield Figure(
        name=f"memory of the hub with {devices:,} devices",
        unit="MB",
        value=most_mb,
        raw="before the first of them",
        raw_value=began_mb,
        target=Target(of="value", at_most=_MB),
    )
    for count in counts:
        yield from _curve(count, found[count])


def _run(crowd: CrowdProcess, bare: CrowdProcess, names: list[str], sizes: _Sizes) -> None:
    rounds = max(1, _BATCHES // len(names))
    sizes.asked += rounds * len(names)
    said = crowd.does("rounds", devices=names, rounds=rounds, sales=_SALES)
    sizes.answered += len(said["answers_s"])
    sizes.rates.append(_rate(said))
    sizes.p99_s.append(percentile(said["answers_s"], 99))
    said = bare.does("bare_rounds", devices=names, rounds=rounds, size=_BYTES)
    sizes.bare_rates.append(_rate(said))
    sizes.bare_p99_s.append(percentile(said["answers_s"], 99))


def _rate(said: dict[str, Any]) -> float:
    return len(said["answers_s"]) / float(said["took_s"])


def _every_answer(sizes: _Sizes, devices: int) -> Figure:
    return Figure(
        name=f"batches of {devices:,} devices acknowledged",
        unit="of all",
        value=sizes.answered / sizes.asked,
        raw="all that were sent",
        raw_value=1.0,
        target=Target(of="value", at_least=1),
    )


def _curve(count: int, sizes: _Sizes) -> Iterator[Figure]:
    yield Figure(
        name=f"{count:,} devices",
        unit="batches/s",
        value=statistics.median(sizes.rates),
        raw="as many bare devices, one row each message",
        raw_value=statistics.median(sizes.bare_rates),
    )
    yield Figure(
        name=f"{count:,} devices, sold to acknowledged, p99",
        unit="ms",
        value=1000 * statistics.median(sizes.p99_s),
        raw="the same",
        raw_value=1000 * statistics.median(sizes.bare_p99_s),
    )

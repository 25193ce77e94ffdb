"""``tapledger bench hub``: what head office bears, figure by figure."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.tools.bench.figures import Figure, Figures
from agent.tools.bench.hub_backlog import backlog_figures
from agent.tools.bench.hub_crowd import crowd_figures, names_of
from agent.tools.bench.hub_replay import replay_figure
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms, within
from agent.tools.bench.office_site import CrowdProcess, OfficeSite
from agent.tools.bench.redeeming import Redeemers
from agent.tools.site import StoreKit

__all__ = ["HubSize", "run_hub_bench"]

_FIRST, _FOUNDER, _TILL = "backlog-first", "founder", "till"
_REDEEMERS_A_RUN = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class HubSize:
    """How many entries a backlog has, and how many devices come at most."""

    backlog: int = 50_000
    devices: int = 1_000


def run_hub_bench(size: HubSize, *, database: str | None, bar: Bar) -> Figures:
    """Take every figure. ``database`` is a PostgreSQL to use instead of a private one."""
    stores = (
        *(_FIRST, _FOUNDER, _TILL),
        *(f"backlog-{number}" for number in range(RUNS)),
        *names_of(size.devices),
    )
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        directory = Path(name)
        site = OfficeSite(within(directory, "site"), stores=stores, database=database)
        with site, site.crowd() as crowd, site.bare_crowd() as bare:
            figures = (
                *_crowd(site, crowd, bare, size, bar),
                *_backlog(directory, site, crowd, size, bar),
            )
        disk_ms = fdatasync_p50_ms(directory)
    return Figures(
        bench="hub",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"a backlog of {size.backlog:,} entries, {size.devices:,} devices",
        figures=figures,
    )


def _crowd(
    site: OfficeSite, crowd: CrowdProcess, bare: CrowdProcess, size: HubSize, bar: Bar
) -> Iterator[Figure]:
    with bar(f"up to {size.devices:,} devices") as progress:
        yield from crowd_figures(site, crowd, bare, size.devices, progress)
    crowd.does("leave")


def _backlog(
    directory: Path, site: OfficeSite, crowd: CrowdProcess, size: HubSize, bar: Bar
) -> Iterator[Figure]:
    with bar("replay") as progress:
        crowd.does("join", tenant="demo", devices=[_FIRST], members=[], points=0)
        members = size.backlog // 25
        crowd.begin("write", device=_FIRST, members=members, entries=size.backlog, seed=99)
        for _ in ("began", "done"):
            crowd.answer()
        yield replay_figure(site.url, progress)
    port = site.office.broker.port
    till = StoreKit(name=_TILL, directory=within(directory, "till"), broker_port=port)
    try:
        till.start()
        till.wait_online()
        with bar("a backlog") as progress:
            redeemers = Redeemers(till, a_run=_REDEEMERS_A_RUN, runs=RUNS + 1)
            redeemers.come(crowd, _FOUNDER)
            yield from backlog_figures(crowd, redeemers, site, size.backlog, progress)
    finally:
        till.stop()

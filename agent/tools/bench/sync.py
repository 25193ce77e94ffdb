"""``tapledger bench sync``: how long a store and head office take to know of each other.

Stores are real agents, head office is a real hub with a PostgreSQL that syncs to disk, and a real
mosquitto is between them; bytes are counted on the entries that a till writes of real baskets.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from agent.tools.bench.figures import Figure, Figures
from agent.tools.bench.measure import RUNS, Bar, fdatasync_p50_ms, within
from agent.tools.bench.office_site import CrowdProcess, OfficeSite
from agent.tools.bench.sync_bytes import bytes_figure
from agent.tools.bench.sync_flow import flow_figure
from agent.tools.bench.sync_redeem import redemption_figures
from agent.tools.site import StoreKit

__all__ = ["run_sync_bench"]

_STORES = 4
_FOUNDER = "founder"


def run_sync_bench(*, seconds: int, redemptions: int, database: str | None, bar: Bar) -> Figures:
    """Take every figure: sales for so many seconds, and so many redemptions of each kind, a run.

    ``database`` is a PostgreSQL to use instead of a private one.
    """
    names = tuple(f"store-{number}" for number in range(1, _STORES + 1))
    with tempfile.TemporaryDirectory(prefix="tapledger-bench-") as name:
        directory = Path(name)
        with bar("bytes") as progress:
            of_bytes = bytes_figure(within(directory, "bytes"), progress)
        site = OfficeSite(within(directory, "site"), stores=(*names, _FOUNDER), database=database)
        with site, site.crowd() as crowd, site.bare_crowd() as bare, ExitStack() as ending:
            stores = [_started(ending, directory, each, site) for each in names]
            figures = tuple(_figures(site, crowd, bare, stores, seconds, redemptions, bar))
        disk_ms = fdatasync_p50_ms(directory)
    return Figures(
        bench="sync",
        runs=RUNS,
        fdatasync_p50_ms=disk_ms,
        subject=f"{_STORES} stores, PostgreSQL",
        figures=(*figures, of_bytes),
    )


def _started(ending: ExitStack, directory: Path, name: str, site: OfficeSite) -> StoreKit:
    port = site.office.broker.port
    store = StoreKit(name=name, directory=within(directory, name), broker_port=port)
    ending.callback(store.stop)
    store.start()
    store.wait_online()
    return store


def _figures(
    site: OfficeSite,
    crowd: CrowdProcess,
    bare: CrowdProcess,
    stores: list[StoreKit],
    seconds: int,
    redemptions: int,
    bar: Bar,
) -> Iterator[Figure]:
    with bar("sales") as progress:
        yield flow_figure(site, bare, stores, seconds, progress)
    with bar("redemptions") as progress:
        yield from redemption_figures(crowd, bare, stores, _FOUNDER, redemptions, progress)

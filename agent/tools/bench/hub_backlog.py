"""A backlog of one store goes into PostgreSQL, while customers redeem at another store's till.

The raw limit is the same rows, copied into a staging table and upserted from there, as many to a
transaction as a batch had, by one connection that does nothing else, once head office has told the
stores what came of the backlog and is idle.
"""

import math
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from agent.core.entry import Entry
from agent.core.postings import PROGRAM, postings_of
from agent.tools.bench.bare_hub import libpq_url
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, percentile
from agent.tools.bench.office_site import CrowdProcess, OfficeSite
from agent.tools.bench.redeeming import Redeemers
from agent.tools.bench.usage import wait_until_idle

__all__ = ["backlog_figures"]

_BETWEEN_REDEMPTIONS_S = 0.25
"""A till has another customer who redeems no sooner than that: four a second is a busy chain."""
_MEMBERS = 2_000
_SAMPLES = 30
"""Before each drain so many customers redeem while nothing else goes on: the raw limit of those who
do during it.
"""

_PREPARE = """
CREATE TABLE IF NOT EXISTS bare_entries (LIKE entries INCLUDING ALL);
CREATE TABLE IF NOT EXISTS bare_things (LIKE things INCLUDING ALL);
CREATE TABLE IF NOT EXISTS bare_accounts (LIKE accounts INCLUDING ALL);
CREATE TEMP TABLE IF NOT EXISTS staged (
    LIKE entries INCLUDING COMPRESSION INCLUDING DEFAULTS, active int8);
"""
_COPY = (
    "COPY staged (journal_id, seq, canonical, hash, thing, account, received_at, active) "
    "FROM STDIN (FORMAT BINARY)"
)
_TYPES = ["int8", "int8", "bytea", "bytea", "varchar", "varchar", "varchar", "int8"]
_UPSERTS = (
    "INSERT INTO bare_entries (journal_id, seq, canonical, hash, thing, account, received_at) "
    "SELECT journal_id, seq, canonical, hash, thing, account, received_at FROM staged",
    "INSERT INTO bare_things (tenant, thing, sole) SELECT 'demo', thing, min(journal_id) "
    "FROM staged WHERE thing IS NOT NULL GROUP BY thing ORDER BY thing "
    "ON CONFLICT (tenant, thing) DO UPDATE SET sole = excluded.sole",
    "INSERT INTO bare_accounts (tenant, account, active) SELECT 'demo', account, sum(active) "
    "FROM staged WHERE account IS NOT NULL GROUP BY account ORDER BY account "
    "ON CONFLICT (tenant, account) DO UPDATE SET active = bare_accounts.active + excluded.active",
    "TRUNCATE staged",
)
_ROWS = """
SELECT e.journal_id, e.seq, e.canonical, e.hash, e.thing, e.account, e.received_at
FROM entries e JOIN devices d ON d.journal_id = e.journal_id WHERE d.store = %s ORDER BY e.seq
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    entries_s: float
    bare_entries_s: float
    redeemed_s: list[float]
    calm_s: list[float]


def backlog_figures(
    crowd: CrowdProcess, redeemers: Redeemers, site: OfficeSite, entries: int, progress: Progress
) -> Iterator[Figure]:
    """Drain a new store's backlog five times, each beside the same rows written bare."""
    runs = []
    hub = site.office.hub.pid
    with psycopg.connect(libpq_url(site.url)) as connection:
        connection.execute(_PREPARE)
        connection.commit()
        for number in range(RUNS):
            calm_s = redeemers.redeem(_SAMPLES)
            drained, redeemed_s = _drain(crowd, redeemers, number, entries)
            progress(2 * number + 1, 2 * RUNS)
            wait_until_idle(hub)
            rows = _rows_of(connection, f"backlog-{number}")
            size = math.ceil(drained["entries"] / drained["batches"])
            bare_s = _write_bare(connection, rows, size)
            progress(2 * number + 2, 2 * RUNS)
            runs.append(
                _Run(
                    entries_s=drained["entries"] / drained["took_s"],
                    bare_entries_s=len(rows) / bare_s,
                    redeemed_s=redeemed_s,
                    calm_s=calm_s,
                )
            )
    yield from _figures(runs)


def _figures(runs: list[_Run]) -> Iterator[Figure]:
    yield Figure(
        name="a backlog into PostgreSQL",
        unit="entries/s",
        value=statistics.median(run.entries_s for run in runs),
        raw="the same rows by a staged COPY and upserts, as many to a transaction",
        raw_value=statistics.median(run.bare_entries_s for run in runs),
        target=Target(of="ratio", at_least=0.25),
    )
    yield Figure(
        name="redemption during that, p99",
        unit="ms",
        value=1000 * statistics.median(percentile(run.redeemed_s, 99) for run in runs),
        raw="the same with nothing else to do, p99",
        raw_value=1000 * statistics.median(percentile(run.calm_s, 99) for run in runs),
        target=Target(of="value", at_most=200),
    )


def _drain(
    crowd: CrowdProcess, redeemers: Redeemers, number: int, entries: int
) -> tuple[dict[str, Any], list[float]]:
    """Have one store send a backlog; answers what it says of it, and how long redemptions took."""
    name = f"backlog-{number}"
    members = min(_MEMBERS, entries // 10)
    crowd.does("join", tenant="demo", devices=[name], members=[], points=0)
    crowd.begin("write", device=name, members=members, entries=entries, seed=number)
    crowd.answer()  # it has begun
    with ThreadPoolExecutor(1) as pool:
        drained = pool.submit(crowd.answer)
        redeemed_s: list[float] = []
        while not drained.done() and redeemers.left(RUNS - number):
            redeemed_s += redeemers.redeem(1)
            time.sleep(_BETWEEN_REDEMPTIONS_S)
        return drained.result(), redeemed_s


def _rows_of(connection: psycopg.Connection[Any], store: str) -> list[tuple[Any, ...]]:
    """Read what booking wrote of a store, each row with the points that its entry moved."""
    rows = connection.execute(_ROWS, (store,)).fetchall()
    connection.commit()
    return [(*row, _active(row[2])) for row in rows]


def _active(canonical: bytes) -> int:
    moved = postings_of(Entry.read(canonical).fact)
    return sum(each.points for each in moved if each.owner != PROGRAM and each.bucket == "active")


def _write_bare(
    connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]], size: int
) -> float:
    """Write the rows, so many to a transaction; answers how many seconds it took."""
    began_s = time.perf_counter()
    for first in range(0, len(rows), size):
        with connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in rows[first : first + size]:
                    copy.write_row(row)
            for statement in _UPSERTS:
                cursor.execute(statement)
        connection.commit()
    return time.perf_counter() - began_s

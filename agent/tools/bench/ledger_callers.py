"""Sales committed in this process: sixteen callers at once, and one alone."""

import sqlite3
from contextlib import ExitStack, closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from agent.ledger.connection import open_writer
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_sales import History, sample_entries, work
from agent.tools.bench.ledger_store import BareLedger, Mirror, OpenStore, append_closed
from agent.tools.bench.measure import RUNS, Progress, alternated, percentile, timed

__all__ = ["CALLERS", "one_caller", "sixteen_callers"]

CALLERS = 16
_MEMBERS = 1_000
_SALES = 4_000
_SALES_ALONE = 1_000


def sixteen_callers(directory: Path, progress: Progress) -> Figure:
    """Measure sales a second of sixteen callers, beside the same statements in a bare loop."""
    with ExitStack() as opened:
        store = opened.enter_context(_store_with_members(directory))
        bare = BareLedger(directory / "bare.db", Mirror(store.path))
        opened.callback(bare.close)
        bare.catch_up()
        prepared = (
            work(f"together-{run}", _SALES, accounts=_MEMBERS, seed=run) for run in range(RUNS)
        )
        runs = alternated(
            {
                "ours": lambda: store.sell(next(prepared), callers=CALLERS),
                "bare": lambda: bare.catch_up(store.batches),
            },
            progress=progress,
        )
        return Figure(
            name=f"{CALLERS} callers",
            unit="sales/s",
            value=_SALES / median(runs["ours"]),
            raw=f"a bare loop of the same statements, {_SALES / len(store.batches):.0f} a commit",
            raw_value=_SALES / median(runs["bare"]),
            target=Target(of="ratio", at_least=0.35),
        )


def _store_with_members(directory: Path) -> OpenStore:
    path = directory / "ledger.db"
    append_closed(path, History(accounts=_MEMBERS).enrolments())
    return OpenStore(path)


def one_caller(directory: Path, progress: Progress) -> Figure:
    """Measure the p99 of one caller alone, beside commits of one row with the same bytes."""
    with ExitStack() as opened:
        store = opened.enter_context(_store_with_members(directory))
        bare = opened.enter_context(closing(open_writer(directory / "bare.db")))
        bare.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        entries = cycle(sample_entries())
        prepared = (
            work(f"alone-{run}", _SALES_ALONE, accounts=_MEMBERS, seed=run) for run in range(RUNS)
        )
        runs = alternated(
            {
                "ours": lambda: store.time_each(next(prepared)),
                "bare": lambda: _commit_rows(bare, list(islice(entries, _SALES_ALONE))),
            },
            progress=progress,
        )
        p99_ms = {
            name: median(percentile(run, 99) for run in samples) * 1_000
            for name, samples in runs.items()
        }
        return Figure(
            name="1 caller, p99",
            unit="ms",
            value=p99_ms["ours"],
            raw="p99 of a bare commit of one row with an entry's bytes, FULL",
            raw_value=p99_ms["bare"],
            target=Target(of="ratio", at_most=3),
        )


def _commit_rows(connection: sqlite3.Connection, rows: list[bytes]) -> list[float]:
    samples = [timed(partial(_commit_row, connection, row)) for row in rows]
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return samples


def _commit_row(connection: sqlite3.Connection, row: bytes) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO rows (body) VALUES (?)", (row,))
    connection.execute("COMMIT")

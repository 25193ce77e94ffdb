"""Head office's books replayed from zero, beside the same rows read and parsed alone."""

import statistics
from collections.abc import Callable

from sqlalchemy import Connection, select

from agent.core.entry import Entry
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import Progress, alternated, timed
from sync.hub.database import Database
from sync.hub.replay import replay_books
from sync.hub.tables import entries

__all__ = ["replay_figure"]


def replay_figure(url: str, progress: Progress) -> Figure:
    """Replay whatever head office holds now, five times."""
    database = Database(url)
    database.start(migrate=False)
    try:
        count = database.read(lambda c: replay_books(c).entries)
        runs = alternated(
            {
                "replay": lambda: _rate(database, count, replay_books),
                "bare": lambda: _rate(database, count, _read_alone),
            },
            progress=progress,
        )
    finally:
        database.stop()
    return Figure(
        name="replay at head office",
        unit="entries/s",
        value=statistics.median(runs["replay"]),
        raw="the same rows read, and parsed by msgspec alone",
        raw_value=statistics.median(runs["bare"]),
        target=Target(of="value", at_least=15_000),
    )


def _rate(database: Database, count: int, read: Callable[[Connection], object]) -> float:
    return count / timed(lambda: database.read(read))


def _read_alone(c: Connection) -> None:
    rows = c.execute(select(entries.c.canonical).execution_options(yield_per=500))
    for row in rows:
        Entry.read(row.canonical)

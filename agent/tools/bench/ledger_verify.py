"""How fast a ledger is verified: its chain alone, and all of it by replay."""

import hashlib
import sqlite3
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

from agent.core.entry import GENESIS
from agent.ledger import replay, verify_chain
from agent.ledger.connection import open_reader
from agent.ledger.migrations import migrate
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_sales import History
from agent.tools.bench.ledger_store import Mirror, PreparedEntry, append_closed, write_batch
from agent.tools.bench.measure import Progress, alternated, timed

__all__ = ["verification"]

_MEMBERS = 1_000
_SALES = 20_000
_ROWS = "SELECT epoch, seq, id, canonical, hash FROM journal ORDER BY epoch, seq"


def verification(directory: Path, progress: Progress) -> list[Figure]:
    """Measure entries a second of both ways to verify."""
    path = directory / "ledger.db"
    history = History(accounts=_MEMBERS)
    append_closed(path, chain(history.enrolments(), history.sales(_SALES)))
    with closing(Mirror(path)) as mirror:
        statements = mirror.follow()
    runs = alternated(
        {
            "chain": partial(timed, lambda: verify_chain(path)),
            "hash": partial(timed, lambda: _hash(path)),
            "replay": partial(timed, lambda: replay(path)),
            "write": partial(timed, lambda: _write(path, statements)),
        },
        progress=progress,
    )
    rate = {name: len(statements) / median(samples) for name, samples in runs.items()}
    return [
        Figure(
            name="verify, the chain",
            unit="entries/s",
            value=rate["chain"],
            raw="the same rows read and hashed",
            raw_value=rate["hash"],
            target=Target(of="value", at_least=100_000),
        ),
        Figure(
            name="verify, replay",
            unit="entries/s",
            value=rate["replay"],
            raw="the same rows read and hashed, the same statements executed in memory",
            raw_value=rate["write"],
            target=Target(of="value", at_least=15_000),
        ),
    ]


def _hash(path: Path) -> None:
    """Read the journal and hold its chain, with nothing else."""
    previous = GENESIS
    with closing(open_reader(path)) as connection:
        for _, _, _, canonical, said in connection.execute(_ROWS):
            previous = hashlib.sha256(b"\x00" + previous + canonical).digest()
            if previous != said:
                raise RuntimeError("the chain does not hold")


def _write(path: Path, statements: list[PreparedEntry]) -> None:
    """Do that, and execute what every entry comes to, prepared beforehand."""
    _hash(path)
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        migrate(connection)
        write_batch(connection, (entry[1:] for entry in statements))  # less the journal's own

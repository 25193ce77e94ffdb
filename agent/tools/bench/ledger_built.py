"""A large ledger and a small one with the same members, built once and perhaps kept."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agent.ledger.migrations import known_steps, migrate
from agent.ledger.queries import SQL
from agent.tools.bench.ledger_sales import History
from agent.tools.bench.ledger_store import append_closed, keep_closed
from agent.tools.bench.measure import Progress

__all__ = ["LEDGER", "Built", "Size", "build", "schema_key"]

LEDGER = "ledger.db"
"""The name under which an agent of tapledger's tools finds its ledger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How large the large ledger is; every account is an entry too, its enrolment."""

    accounts: int = 100_000
    entries: int = 1_000_000

    @property
    def few_sales(self) -> int:
        """How many sales the small ledger holds, beside the same accounts."""
        return max(1, self.entries // 100)

    @property
    def few_entries(self) -> int:
        """How many entries the small ledger holds."""
        return self.accounts + self.few_sales


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """Two directories with a ledger each."""

    size: Size
    large: Path
    small: Path


def build(directory: Path, size: Size, progress: Progress) -> Built:
    """Build both ledgers, or find those that an earlier run built and kept here.

    The small one is the large one as it stood early on. Both are written by the ledger's own code;
    those of another schema are not measured, and give way to new ones.
    """
    home = directory / f"ledger-{size.accounts}-{size.entries}-{schema_key()}"
    if not home.exists():
        for outdated in directory.glob(f"ledger-{size.accounts}-{size.entries}-*"):
            shutil.rmtree(outdated)
        unfinished = home.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        (unfinished / "large").mkdir(parents=True)
        (unfinished / "small").mkdir()
        _build(unfinished, size, progress)
        unfinished.rename(home)
    return Built(size=size, large=home / "large", small=home / "small")


def schema_key() -> str:
    """Name today's schema: how many steps lead to it, and a digest of what they make."""
    with closing(sqlite3.connect("", isolation_level=None)) as empty:
        migrate(empty)
        made = sorted(map(str, empty.execute(SQL["own_schema"])))
    return f"{len(known_steps())}-{sha256(repr(made).encode()).hexdigest()[:8]}"


def _build(home: Path, size: Size, progress: Progress) -> None:
    large, done = home / "large" / LEDGER, 0

    def counted(appended: int) -> None:
        nonlocal done
        done += appended
        progress(min(done, size.entries), size.entries)

    history = History(accounts=size.accounts)
    append_closed(large, history.enrolments(), counted=counted)
    keep_closed(large, history.profiles())
    append_closed(large, history.sales(size.few_sales), counted=counted)
    shutil.copyfile(large, home / "small" / LEDGER)
    append_closed(large, history.sales(size.entries - size.few_entries), counted=counted)

"""What walks or empties directories runs beside the event loop, which serves the tills."""

import asyncio
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import no_trouble
from stocked import Stock

import agent.metrics
from agent.ledger import Ledger, budget, upkeep
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.metrics import make_metrics


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with a sealed segment, two hourly backups and two damaged copies."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 20)
        stock.acknowledge(ledger)
        for _ in range(2):
            make_backup(stock.places, "hourly")
    for number in ("001", "002"):
        (stock.places.quarantine / number).mkdir(parents=True)
        (stock.places.quarantine / number / "damaged.db").write_bytes(bytes(50_000))
    return stock


class Watched:
    """Notes in which threads functions run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: dict[str, set[int]] = {}
        self._patch = monkeypatch

    def watch(self, owner: Any, name: str) -> None:
        """Note the threads of one function that a module or an object calls by name."""
        real: Callable[..., Any] = getattr(owner, name)

        def noted(*args: Any, **options: Any) -> Any:
            self.threads.setdefault(name, set()).add(threading.get_ident())
            return real(*args, **options)

        self._patch.setattr(owner, name, noted)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Nothing is watched yet."""
    return Watched(monkeypatch)


def test_the_budget_is_held_beside_the_loop(ledger: Ledger, watched: Watched) -> None:
    """Measuring, pruning backups, removing damaged copies and sealed files: none runs on it."""
    watched.watch(budget, "usage")
    watched.watch(budget, "prune")
    watched.watch(shutil, "rmtree")
    watched.watch(ledger.archive, "remove")
    asyncio.run(DiskBudget(ledger, budget_bytes=0, alone=False).hold())
    assert set(watched.threads) == {"usage", "prune", "rmtree", "remove"}
    for threads in watched.threads.values():
        assert threading.get_ident() not in threads


def test_a_backup_prunes_beside_the_loop(ledger: Ledger, watched: Watched) -> None:
    """The ring that an hourly backup shortens is on the same slow disk."""
    watched.watch(upkeep, "prune")
    plan = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)
    asyncio.run(Upkeep(ledger, plan).hourly())
    assert threading.get_ident() not in watched.threads["prune"]


def test_metrics_measure_beside_the_loop(ledger: Ledger, watched: Watched) -> None:
    """Who asks for the metrics has the disk walked in a thread, and the figures all the same."""
    watched.watch(agent.metrics, "usage")
    text = asyncio.run(make_metrics(no_trouble, ledger, 7)()).decode()
    assert threading.get_ident() not in watched.threads["usage"]
    assert "tapledger_ledger_budget_bytes 7.0" in text
    assert f'tapledger_ledger_bytes{{part="quarantine"}} {100_000.0}' in text

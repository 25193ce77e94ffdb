"""What holds card numbers is its owner's alone, whatever the umask of whoever runs the agent."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger import Ledger
from agent.ledger.backup import make_backup


@pytest.fixture(autouse=True)
def open_handed() -> Iterator[None]:
    """Run as from a shell that lets everybody read everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def readable_by_others(stock: Stock) -> list[str]:
    """Name the files and directories that are not their owner's alone, all but the backups."""
    return [
        f"{path.name} {path.stat().st_mode & 0o777:o}"
        for path in sorted(stock.path.parent.rglob("*"))
        if path.stat().st_mode & 0o077 and stock.places.backups not in path.parents
    ]


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with a sealed segment."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
        seal(stock, ledger)
    return stock


def seal(stock: Stock, ledger: Ledger) -> None:
    """Let time pass and seal everything but the newest entry."""
    stock.acknowledge(ledger)
    stock.day += 50
    stock.sell(ledger, 1)
    assert stock.seal(ledger) == 1


def test_sealed_segments_are_private(stock: Stock) -> None:
    """A segment and the directory it lies in."""
    assert list(stock.places.segments.iterdir())
    assert readable_by_others(stock) == []


@pytest.mark.parametrize("backed_up", [False, True])
def test_a_ledger_made_anew_is_private(stock: Stock, backed_up: bool) -> None:
    """The ledger, its log, its base, the quarantine, and what lies in it."""
    with stock.running() as ledger:
        if backed_up:
            make_backup(stock.places, "hourly")
        ledger.recover("a test")
        stock.sell(ledger, 1)
        assert readable_by_others(stock) == []
    cell = stock.places.quarantine / "001"
    assert {path.name for path in cell.iterdir()} >= {"damaged.db", "reason.txt"}


def test_a_damaged_file_that_was_open_to_all_is_closed(stock: Stock) -> None:
    """Whoever made the ledger with another mode: in quarantine nobody else reads it."""
    stock.path.chmod(0o644)
    with stock.running() as ledger:
        ledger.recover("a test")
    assert readable_by_others(stock) == []

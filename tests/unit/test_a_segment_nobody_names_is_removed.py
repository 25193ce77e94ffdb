"""A sealed file that a kill or a restore left behind does not fill the disk for ever."""

import asyncio
from pathlib import Path

import pytest
from stocked import Stock, segments_of

from agent.ledger import Ledger
from agent.ledger.backup import make_backup
from agent.ledger.budget import DiskBudget, usage
from agent.ledger.segments import Segment


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of three segments."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 20, times=3)
    return stock


def forget_and_die(ledger: Ledger) -> Segment:
    """Let go of the oldest segment, and be killed before its file is removed."""
    oldest: Segment = asyncio.run(ledger.read(lambda view: view.segments()[0]))
    asyncio.run(ledger.write(lambda transaction: transaction.forget_segment(oldest)))
    return oldest


def hold(stock: Stock, ledger: Ledger) -> str | None:
    """Hold a budget that is a byte too small."""
    budget_bytes = usage(stock.places).total - 1
    budget = DiskBudget(ledger, budget_bytes=budget_bytes, alone=True)
    asyncio.run(budget.hold())
    return budget.alarm


def test_what_was_left_behind_goes_first(stock: Stock, ledger: Ledger) -> None:
    """It goes without a word, with what was never finished; what the ledger names stays."""
    forgotten = stock.places.segments / forget_and_die(ledger).name
    unfinished = forgotten.with_suffix(".unfinished")
    unfinished.touch()
    (stock.places.segments / "lost+found").mkdir()
    hold(stock, ledger)
    assert not forgotten.exists()
    assert not unfinished.exists()
    assert (stock.places.segments / "lost+found").exists()
    assert len(segments_of(stock.path)) == 2
    assert all(path.exists() for path in segments_of(stock.path))


def test_what_a_backup_names_stays(stock: Stock, ledger: Ledger) -> None:
    """A backup that counts on a sealed file keeps it."""
    make_backup(stock.places, "full")
    forgotten = stock.places.segments / forget_and_die(ledger).name
    hold(stock, ledger)
    assert forgotten.exists()


def test_what_a_damaged_copy_may_name_stays(stock: Stock, ledger: Ledger) -> None:
    """As long as a damaged copy cannot say which files it counts on, none is removed."""
    (stock.places.quarantine / "001").mkdir(parents=True)
    (stock.places.quarantine / "001" / "damaged.db").write_bytes(bytes(50_000))
    forgotten = stock.places.segments / forget_and_die(ledger).name
    hold(stock, ledger)
    assert forgotten.exists()

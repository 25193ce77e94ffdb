"""Whoever deletes everything that bears the ledger's name has a new one; not who deletes a part."""

import shutil
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger.backup import make_backup


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger that left every trace a ledger can leave, and was stopped."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 3)
        make_backup(stock.places, "full")
        ledger.recover("a test")
    return stock


def delete(stock: Stock, names: str) -> None:
    """Delete as a person would: ``rm -r NAMES``."""
    for path in stock.path.parent.glob(names):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_all_of_it_is_a_new_ledger(stock: Stock) -> None:
    """Nothing of the old one is known, nothing is frozen, and nothing but the ledger lies there."""
    delete(stock, "ledger.db*")
    assert list(stock.path.parent.iterdir()) == []
    with stock.running() as ledger:
        assert (ledger.head.epoch, ledger.head.seq, ledger.frozen) == (0, 0, None)
        stock.enrol(ledger)


def test_the_database_alone_is_a_lost_one(stock: Stock) -> None:
    """A database that is gone is made anew from what lies beside it."""
    delete(stock, "ledger.db")
    with stock.running() as ledger:
        assert ledger.frozen == "the database file is gone"
        assert stock.identify(ledger).balance == 40

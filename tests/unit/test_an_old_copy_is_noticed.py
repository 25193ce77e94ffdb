"""A database that was copied by hand and put back is found to be old, also without its witness."""

import shutil
from pathlib import Path

import pytest
from stocked import Stock, digest

from agent.ledger.backup import make_backup
from agent.ledger.ring import backups

KINDS = ("full", "hourly")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of which somebody keeps an old copy, made while the agent was stopped."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 3)
    shutil.copy(stock.path, tmp_path / "copy")
    with stock.running() as ledger:
        stock.sell(ledger, 5)
    return stock


def put_back(stock: Stock) -> None:
    """Put the old copy in the ledger's place, and forget what stood beside it."""
    for path in (*stock.places.live, stock.places.witness):
        path.unlink(missing_ok=True)
    shutil.copy(stock.path.with_name("copy"), stock.path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_backup_remembers(stock: Stock, kind: str) -> None:
    """Without the witness the newest backup says that entries are missing, and gives them back."""
    make_backup(stock.places, kind)  # type: ignore[arg-type]  # both are kinds
    put_back(stock)
    with stock.running() as ledger:
        assert "but entry 0:9:" in str(ledger.frozen)
        assert stock.identify(ledger).balance == 80


def test_a_copy_that_went_on_by_itself_is_noticed(stock: Stock) -> None:
    """Another entry under the number of one that was backed up is found too."""
    ring, aside = stock.places.backups, stock.path.with_name("aside")
    make_backup(stock.places, "full")
    ring.rename(aside)
    put_back(stock)
    with stock.running() as ledger:
        stock.sell(ledger, 5)
        assert (ledger.head.epoch, ledger.head.seq) == (0, 9)
    aside.rename(ring)
    stock.places.witness.unlink()
    with stock.running() as ledger:
        assert "is not the one that was answered" in str(ledger.frozen)


def test_a_backup_that_is_behind_says_nothing(stock: Stock) -> None:
    """A ledger that went on after its newest backup starts as it is, with or without a witness."""
    with stock.running() as ledger:
        make_backup(stock.places, "full")
        stock.sell(ledger, 1)
    before = digest(stock.path)
    for _ in range(2):
        with stock.running() as ledger:
            assert ledger.frozen is None
        stock.places.witness.unlink()
    assert digest(stock.path) == before


@pytest.mark.parametrize("head", ["", "x", "1:2", "a:b:c", "0:1:zz", 7])
def test_a_manifest_that_makes_no_sense_counts_for_nothing(stock: Stock, head: object) -> None:
    """A manifest whose place cannot be read neither stops an agent nor damages a ledger."""
    made = make_backup(stock.places, "full")
    manifest = stock.places.backups / f"{made.file}.json"
    text = f'"{head}"' if isinstance(head, str) else str(head)
    manifest.write_text(manifest.read_text().replace(f'"{made.head}"', text))
    assert backups(stock.places.backups) == []
    with stock.running() as ledger:
        assert ledger.frozen is None

"""A recovery knows the persons whom the ledger knew last, and nobody who was erased since."""

import asyncio
import shutil
from pathlib import Path

import pytest
from stocked import Stock, scribble

from agent.ledger import Ledger, Profile
from agent.ledger.backup import BackupKind, make_backup


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger that was damaged long ago, when it knew another person than it does now."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 5)
        keep(ledger, "old")
    shutil.copy(stock.path, tmp_path / "copy")
    with stock.running() as ledger:
        make_backup(stock.places, "full")
        scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
        ledger.recover("balances differ")
        asyncio.run(ledger.confirm())
        asyncio.run(ledger.write(lambda t: t.erase_profile("old")))
        keep(ledger, "new")
        stock.sell(ledger, 3)
    return stock


def keep(ledger: Ledger, account: str) -> None:
    """Know a person."""
    profile = Profile(account=account, display_name="Ana", phone="+36201234567")
    asyncio.run(ledger.write(lambda t: t.keep_profile(profile)))


def known(ledger: Ledger) -> list[str]:
    """Which of the two persons the ledger knows."""

    def ask(account: str) -> bool:
        return asyncio.run(ledger.read(lambda view: view.profile(account))) is not None

    return [account for account in ("old", "new") if ask(account)]


@pytest.mark.parametrize("kind", ["full", "hourly"])
def test_the_newest_backup_knows_them(stock: Stock, kind: BackupKind) -> None:
    """The database is gone: what the newest backup says of persons holds, and not what lies in
    quarantine of an earlier damage.
    """
    make_backup(stock.places, kind)
    for path in stock.places.live:
        path.unlink(missing_ok=True)
    with stock.running() as ledger:
        assert ledger.frozen == "the database file is gone"
        assert known(ledger) == ["new"]


def test_the_damaged_database_knows_them_better(stock: Stock) -> None:
    """The damaged database can still say what it knew after the newest backup was made."""
    with stock.running() as ledger:
        asyncio.run(ledger.write(lambda t: t.erase_profile("new")))
        make_backup(stock.places, "full")
        keep(ledger, "new")
        ledger.recover("somebody said so")
        assert known(ledger) == ["new"]


def test_an_old_copy_does_not(stock: Stock) -> None:
    """What was found damaged is an old copy that was put back: the newest backup knows more."""
    make_backup(stock.places, "full")
    for path in stock.places.live:
        path.unlink(missing_ok=True)
    shutil.copy(stock.path.with_name("copy"), stock.path)
    with stock.running() as ledger:
        assert ledger.frozen is not None
        assert known(ledger) == ["new"]

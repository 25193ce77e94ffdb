"""After an older backup was put back, a recovery keeps to the life that began then.

The entries that the restore gave up still lie in newer backups, in sealed files and in quarantine,
and the chain alone would let them in.
"""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock, everything, scribble

from agent.clock import mint_id
from agent.ledger import replay
from agent.ledger.backup import BackupKind, make_backup
from agent.ledger.recovery import restore


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A member and five sales; there a full backup was made."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 5)
        make_backup(stock.places, "full")
    return stock


def sell_on(stock: Stock, count: int) -> None:
    """Sell so many more; their entries are given up later."""
    with stock.running() as ledger:
        stock.sell(ledger, count)


def put_back(stock: Stock) -> None:
    """Restore the first backup, and let the ledger redeem again."""
    file = stock.places.backups / "full-000000-000000000006.db"
    restore(stock.places, file, clock=stock.clock, mint_id=mint_id)
    with stock.running() as ledger:
        asyncio.run(ledger.confirm())


def recorded(stock: Stock, sale_id: str) -> bool:
    """Whether the ledger knows a sale."""
    with stock.running() as ledger:
        return asyncio.run(ledger.read(lambda view: view.sale(sale_id))) is not None


def no_header(stock: Stock) -> None:
    """Leave nothing that SQLite can open."""
    with stock.path.open("r+b") as file:
        file.write(bytes(8))


def no_database(stock: Stock) -> None:
    """Lose the database; a backup has what it held."""
    make_backup(stock.places, "hourly")
    stock.path.unlink()


def wrong_balance(stock: Stock) -> None:
    """Change a projection; the replay finds it."""
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    with stock.running() as ledger:
        ledger.recover("balances differ")


HARMS: list[Callable[[Stock], None]] = [no_database, wrong_balance]


def judge(stock: Stock, balance: int) -> None:
    """The sales after the restore are all there, those it gave up are not, and all of it holds."""
    with stock.running() as ledger:
        assert ledger.frozen is not None
        assert stock.identify(ledger).balance == balance
    assert recorded(stock, "after-0")
    assert not recorded(stock, "sale-6")
    assert everything(stock.path)[0][0].place == (0, 1)
    replay(stock.path)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("kind", ["hourly", "full"])
def test_sales_after_a_restore_are_kept(
    stock: Stock, kind: BackupKind, harm: Callable[[Stock], None]
) -> None:
    """A backup of the life that was given up is newer than the one that was put back: no sale since
    the restore is lost for it, and no point that it gave up comes back.
    """
    sell_on(stock, 5)
    make_backup(stock.places, kind)
    sell_on(stock, 5)
    put_back(stock)
    with stock.running() as ledger:
        for number in range(5):
            stock.commit(ledger, f"after-{number}")
        stock.acknowledge(ledger)
    harm(stock)
    judge(stock, 100)


@pytest.mark.parametrize("harm", HARMS)
def test_of_two_restores_the_newer_counts(stock: Stock, harm: Callable[[Stock], None]) -> None:
    """A life that began with a restore is itself given up by the next one."""
    put_back(stock)
    sell_on(stock, 3)
    make_backup(stock.places, "full")
    put_back(stock)
    with stock.running() as ledger:
        stock.commit(ledger, "after-0")
        stock.acknowledge(ledger)
    harm(stock)
    judge(stock, 60)


def test_sealed_entries_that_were_given_up_stay_out(stock: Stock) -> None:
    """A sealed file reaches past the entry that the new life grew from: what stands before that
    one is taken from it, the rest is not.
    """
    with stock.running() as ledger:
        stock.sell(ledger, 5)
        stock.day = 50
        stock.sell(ledger, 1)
        assert stock.seal(ledger, alone=True) == 1
    put_back(stock)
    with stock.running() as ledger:
        stock.commit(ledger, "after-0")
    (stock.places.backups / "full-000000-000000000006.db").unlink()
    wrong_balance(stock)
    judge(stock, 60)


def test_a_life_of_which_nothing_is_left_gives_up_nothing(stock: Stock) -> None:
    """Where no source knows of the new life any more, everything that follows is kept."""
    sell_on(stock, 5)
    make_backup(stock.places, "hourly")
    put_back(stock)
    no_header(stock)
    with stock.running() as ledger:
        assert stock.identify(ledger).balance == 100
        assert ledger.head.epoch == 3
    replay(stock.path)


def test_another_ledgers_life_gives_up_nothing(stock: Stock, tmp_path: Path) -> None:
    """A sealed file of another store lies among ours, and its life grew from an entry of a number
    that ours has too: ours goes on whole.
    """
    other = Stock(tmp_path / "other" / "ledger.db")
    with other.running() as ledger:
        other.enrol(ledger)
        asyncio.run(ledger.confirm())
        other.sell(ledger, 3)
        other.day = 50
        other.sell(ledger, 1)
        assert other.seal(ledger, alone=True) == 2
    shutil.copytree(other.places.segments, stock.places.segments)
    (stock.places.segments / "000000-000000000001-000000000001.jsonl.gz").unlink()
    sell_on(stock, 5)
    wrong_balance(stock)
    with stock.running() as ledger:
        assert stock.identify(ledger).balance == 100
    replay(stock.path)

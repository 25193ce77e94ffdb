"""A running ledger whose files are removed or replaced keeps every sale that it answered."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock

from agent.clock import mint_id
from agent.ledger import Ledger, LedgerUnavailable, Profile, replay
from agent.ledger.backup import make_backup
from agent.ledger.upkeep import Upkeep, UpkeepPlan

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and nine sales, with a backup."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
        make_backup(stock.places, "full")
    return stock


def _remove(stock: Stock) -> str:
    stock.path.unlink()
    return "ledger.db was removed"


def _remove_log(stock: Stock) -> str:
    stock.places.live[1].unlink()
    return "ledger.db-wal was removed"


def _remove_all(stock: Stock) -> str:
    for path in stock.places.live:
        path.unlink()
    return "ledger.db was removed"


def _replace(stock: Stock) -> str:
    (backup,) = stock.places.backups.glob("full-*.db")
    other = stock.path.with_name("other")
    shutil.copyfile(backup, other)
    other.rename(stock.path)
    return "ledger.db was replaced"


HARMS = [_remove, _remove_log, _remove_all, _replace]
Harm = Callable[[Stock], str]


def harmed(stock: Stock, ledger: Ledger, harm: Harm) -> str:
    """Sell before and after a file has lost its name; answers what is to be said of it."""
    stock.sell(ledger, 5)
    said = harm(stock)
    stock.sell(ledger, 5)
    return f"{said} while the agent was running"


def all_are_known(stock: Stock, ledger: Ledger) -> None:
    """Each answered sale is a replay, and the journal holds."""
    for sale_id in stock.answered:
        assert not sale_id.startswith("sale") or stock.commit(ledger, sale_id).replay
    assert stock.identify(ledger).balance == 190
    replay(stock.path)


@pytest.mark.parametrize("harm", HARMS)
def test_a_look_saves_what_was_answered(stock: Stock, ledger: Ledger, harm: Harm) -> None:
    """At the next look the ledger is made anew of what the open connection still holds: also of
    sales that were answered since; why is said until a person agrees.
    """
    said = harmed(stock, ledger, harm)
    asyncio.run(Upkeep(ledger, PLAN).look())
    assert ledger.frozen == said
    assert ledger.damage is None
    all_are_known(stock, ledger)


@pytest.mark.parametrize("harm", HARMS)
def test_a_stop_saves_what_was_answered(stock: Stock, harm: Harm) -> None:
    """An agent that is stopped before it looked saves them as well; the next one says why."""
    with stock.running() as ledger:
        said = harmed(stock, ledger, harm)
    with stock.running() as ledger:
        assert ledger.frozen == said
        all_are_known(stock, ledger)


def test_what_was_put_in_its_place_is_kept(stock: Stock, ledger: Ledger) -> None:
    """Nothing is thrown away: the other file lies in a cell of its own, with the reason."""
    harmed(stock, ledger, _replace)
    other = stock.path.read_bytes()
    asyncio.run(Upkeep(ledger, PLAN).look())
    assert (stock.places.quarantine / "001" / "damaged.db").read_bytes() == other
    assert not list(stock.places.quarantine.glob("*/unfinished"))


def test_a_person_is_not_forgotten(stock: Stock, ledger: Ledger) -> None:
    """Profiles are those of the open connection, not those of an older copy that was put there."""
    jane = Profile(account="somebody", display_name="Jane")
    asyncio.run(ledger.write(lambda transaction: transaction.keep_profile(jane)))
    _replace(stock)
    asyncio.run(Upkeep(ledger, PLAN).look())
    assert ledger.frozen is not None
    assert asyncio.run(ledger.read(lambda view: view.profile("somebody"))) == jane


def test_without_room_nothing_is_let_go(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no room for the copy, sales are refused and the connection stays open, so that
    a later try still finds everything.
    """
    harmed(stock, ledger, _remove)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr("agent.ledger.standing.make_private", full)
        with pytest.raises(LedgerUnavailable, match=r"cannot be saved: .*No space left"):
            ledger.recover("a test")
    with pytest.raises(LedgerUnavailable, match="not running"):
        stock.commit(ledger, "refused")
    ledger.recover("a test")
    all_are_known(stock, ledger)


def test_what_cannot_be_copied_does_not_stop_the_shop(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where what is gone is damaged as well, no later try would save it: the backups have to do."""
    harmed(stock, ledger, _remove)

    def malformed(*_: object) -> None:
        error = sqlite3.DatabaseError("malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr("agent.ledger.standing.Standing._copy", malformed)
    ledger.recover("a test")
    assert ledger.frozen == "a test"
    assert stock.identify(ledger).balance == 90
    replay(stock.path)


def test_other_readers_and_backups_are_no_loss(stock: Stock) -> None:
    """What opens and closes the same files beside the agent takes no name away."""
    ledger = Ledger(stock.path, clock=stock.clock, mint_id=mint_id)
    ledger.start()
    try:
        stock.sell(ledger, 1)
        replay(stock.path)
        make_backup(stock.places, "hourly")
        asyncio.run(ledger.probe())
        assert ledger.damage is None
    finally:
        ledger.stop()
    assert ledger.damage is None

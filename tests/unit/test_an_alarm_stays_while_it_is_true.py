"""Upkeep's alarms: each stays as long as what it says is true, whatever else goes well or wrong."""

import asyncio
import os
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger import Ledger
from agent.ledger.backup import make_backup
from agent.ledger.budget import usage
from agent.ledger.upkeep import Upkeep, UpkeepPlan

DROPPED = "[ledger] budget_mib is reached; dropped to keep it: "


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with forty sales and three hourly backups."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 40)
        for _ in range(3):
            make_backup(stock.places, "hourly")
    return stock


def upkeep_of(ledger: Ledger, budget_bytes: int) -> Upkeep:
    """An upkeep that may fill so much of the disk."""
    return Upkeep(ledger, UpkeepPlan(keep_days=30, budget_bytes=budget_bytes, alone=True))


def hold(upkeep: Upkeep) -> str | None:
    """Do what upkeep does about the disk every hour; answers the alarm."""
    asyncio.run(upkeep._hold_budget())
    return upkeep.alarm


def drop_a_backup(stock: Stock, ledger: Ledger) -> Upkeep:
    """An upkeep that has just dropped a backup, and now has room for a day's files."""
    upkeep = upkeep_of(ledger, usage(stock.places).total - 1)
    assert hold(upkeep) == f"{DROPPED}backups"
    return upkeep


def test_what_was_dropped_is_said_for_a_day(stock: Stock, ledger: Ledger) -> None:
    """Runs in which everything fits do not end it; a whole day of them does."""
    upkeep = drop_a_backup(stock, ledger)
    assert [hold(upkeep) for _ in range(23)] == [f"{DROPPED}backups"] * 23
    stock.day += 1
    assert hold(upkeep) is None


def test_what_is_dropped_again_is_said_for_another_day(stock: Stock, ledger: Ledger) -> None:
    """A day counts from the last time that something of that kind had to go."""
    upkeep = drop_a_backup(stock, ledger)
    stock.day += 1
    make_backup(stock.places, "hourly")
    assert hold(upkeep) == f"{DROPPED}backups"


def test_a_clock_set_back_ends_no_alarm(stock: Stock, ledger: Ledger) -> None:
    """An alarm is rather said too long than not at all."""
    upkeep = drop_a_backup(stock, ledger)
    stock.day -= 300
    assert hold(upkeep) == f"{DROPPED}backups"


def test_a_budget_that_cannot_be_held_is_said_until_it_can(stock: Stock, ledger: Ledger) -> None:
    """That there is nothing more to drop is over with the first run that fits."""
    upkeep = upkeep_of(ledger, usage(stock.places).database)
    alarm = hold(upkeep)
    assert alarm is not None
    assert "KiB more than [ledger] budget_mib; nothing more may be dropped" in alarm
    for file in stock.places.backups.iterdir():
        file.unlink()
    assert hold(upkeep) == f"{DROPPED}backups"


def test_a_chore_that_fails_is_said_until_it_succeeds(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that is not made is said; the next one that is ends it."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    upkeep = upkeep_of(ledger, 2**40)
    with monkeypatch.context() as patch:
        patch.setattr("agent.ledger.upkeep.make_backup", full)
        asyncio.run(upkeep.hourly())
    assert upkeep.alarm == "the hourly backup failed: [Errno 28] No space left on device"
    asyncio.run(upkeep.hourly())
    assert upkeep.alarm is None


def test_a_budget_that_holds_does_not_hide_damage(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a damaged ledger cannot be made anew, that is said before what the disk has to say,
    and what the disk has to say stays when the ledger is whole again.
    """

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    upkeep = drop_a_backup(stock, ledger)
    monkeypatch.setattr("agent.ledger.recovery.open_epoch", full)
    asyncio.run(upkeep._try("recovery", upkeep.recover("a test")))
    alarm = hold(upkeep)
    assert alarm is not None
    assert alarm.startswith("the ledger is damaged and cannot be made anew: ")
    assert alarm.endswith(f"; {DROPPED}backups")
    monkeypatch.undo()
    asyncio.run(upkeep.recover("a test"))
    assert upkeep.alarm == f"{DROPPED}backups"

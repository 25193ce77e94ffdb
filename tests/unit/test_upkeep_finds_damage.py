"""Upkeep: damage behind a running ledger's back is found, mended and said; nothing else is."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from stocked import CARD, Stock, break_page, everything, flip, sale_of, scribble, segments_of

from agent.ledger import Ledger, LedgerUnavailable, replay
from agent.ledger import upkeep as upkeep_module
from agent.ledger.connection import open_reader
from agent.ledger.ring import backups
from agent.ledger.upkeep import Upkeep, UpkeepPlan
from agent.ledger.view import View

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and forty sales."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 40)
    return stock


def run(ledger: Ledger, *chores: Callable[[Upkeep], Awaitable[None]]) -> Upkeep:
    """Let one upkeep do chores, in one event loop as an agent has."""
    upkeep = Upkeep(ledger, PLAN)

    async def do() -> None:
        for chore in chores:
            await chore(upkeep)

    asyncio.run(do())
    return upkeep


def test_a_night_of_a_sound_ledger_changes_nothing(stock: Stock, ledger: Ledger) -> None:
    """Replay, backup, sealing and budget of a sound ledger leave it thawed, each entry kept."""
    before = everything(stock.path)
    stock.day = 60
    stock.sell(ledger, 1)
    run(ledger, Upkeep.nightly)
    assert ledger.frozen is None
    assert everything(stock.path)[:-1] == before
    assert len(segments_of(stock.path)) == 1
    assert [backup.kind for backup in backups(stock.places.backups)] == ["full"]


def test_a_wrong_balance_is_found_by_the_replay(stock: Stock, ledger: Ledger) -> None:
    """A balance changed under a running ledger is right again after the replay, and frozen."""
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    assert stock.identify(ledger).balance == 401
    run(ledger, Upkeep.after_start)
    assert stock.identify(ledger).balance == 400
    assert ledger.frozen is not None
    assert ledger.frozen.startswith("balances: has ")
    stock.sell(ledger, 1)
    replay(stock.path)


def test_the_nightly_backup_is_of_a_ledger_that_held(stock: Stock, ledger: Ledger) -> None:
    """The replay comes before the backup, so no full backup of the night holds the damage."""
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    run(ledger, Upkeep.nightly)
    (made,) = backups(stock.places.backups)
    replay(stock.places.backups / made.file)


@pytest.mark.long
def test_a_harmed_segment_is_found_by_the_replay(stock: Stock, ledger: Ledger) -> None:
    """A flipped byte in a sealed file is damage too; balances stand, and it is found once."""
    stock.day = 60
    stock.sell(ledger, 2)
    stock.seal(ledger, alone=True)
    balance = stock.identify(ledger).balance
    run(ledger, Upkeep.nightly)
    (segment,) = segments_of(stock.path)
    flip(segment, segment.stat().st_size // 2)
    run(ledger, Upkeep.nightly, Upkeep.nightly)
    assert ledger.head.epoch == 1
    assert stock.identify(ledger).balance == balance


def test_a_write_that_meets_damage_is_mended_at_the_next_look(stock: Stock, ledger: Ledger) -> None:
    """A sale that meets a ruined page is refused, not lied about; the next look makes the ledger
    anew, and the same sale is taken.
    """
    upkeep = Upkeep(ledger, PLAN)
    asyncio.run(upkeep.nightly())
    break_page(stock)
    with pytest.raises(LedgerUnavailable, match="malformed"):
        stock.commit(ledger, "unlucky")
    assert ledger.damage is not None
    asyncio.run(upkeep.look())
    assert ledger.damage is None
    assert ledger.fault is None
    assert not stock.commit(ledger, "unlucky").replay
    assert ledger.frozen is not None
    assert stock.identify(ledger).balance == 410


def test_sales_that_wait_meanwhile_are_answered(stock: Stock, ledger: Ledger) -> None:
    """Sales that come while the ledger is made anew are written or refused, never left waiting,
    and those that were answered are there.
    """
    till, answered = stock.till(ledger), list[str]()

    async def sell(number: int) -> None:
        try:
            await till.commit(f"busy-{number}", sale_of(1000, token=CARD))
            answered.append(f"busy-{number}")
        except LedgerUnavailable:
            await asyncio.sleep(0)

    async def both() -> None:
        upkeep = Upkeep(ledger, PLAN)
        recovery = asyncio.create_task(upkeep.recover("a test"))
        number = 0
        while not recovery.done() or number < 20:
            await sell(number)
            number += 1
        await recovery

    asyncio.run(both())
    assert answered
    for sale_id in answered:
        assert stock.commit(ledger, sale_id).replay
    replay(stock.path)


@pytest.mark.parametrize("failure", ["import", "killed", "locked"])
def test_a_replay_that_fails_finds_nothing(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """A replay that could not run, was killed, or could not open the file is no damage."""
    start = asyncio.create_subprocess_exec
    script = {
        "import": "raise ImportError('half upgraded')",
        "killed": "import os; os.kill(os.getpid(), 9)",
        "locked": "import sys; print('database is locked', file=sys.stderr); sys.exit(1)",
    }[failure]

    async def other(program: str, *_: str, **options: object) -> object:
        return await start(program, "-c", script, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(upkeep_module.asyncio, "create_subprocess_exec", other)
    run(ledger, Upkeep.after_start)
    assert ledger.frozen is None
    assert ledger.head.epoch == 0
    assert not stock.places.quarantine.exists()


def test_a_full_temporary_disk_is_no_damage(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the replay has no room for its own rebuild, the ledger is not called damaged."""
    assert ledger.frozen is None

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("agent.ledger.projections.apply", full)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        replay(stock.path)


def test_a_recovery_that_the_disk_refuses_is_said_and_tried_again(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a recovery succeeds later looks try again, and the alarm says why points wait."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    monkeypatch.setattr("agent.ledger.recovery.open_epoch", full)
    upkeep = run(ledger, Upkeep.after_start, Upkeep.look)
    assert upkeep.alarm is not None
    assert "No space left" in upkeep.alarm
    monkeypatch.undo()
    stock.day += 1
    asyncio.run(upkeep.look())
    assert upkeep.alarm is None
    assert stock.identify(ledger).balance == 400
    assert ledger.head.epoch == 1


def test_an_operators_word_thaws(stock: Stock, ledger: Ledger) -> None:
    """A confirmation is taken at the next look: an epoch of the same incarnation that redeems."""
    run(ledger, lambda upkeep: upkeep.recover("a test"))
    incarnation = ledger.incarnation
    run(ledger, Upkeep.look)
    assert ledger.frozen == "a test"
    stock.places.confirmation.touch()
    run(ledger, Upkeep.look)
    assert ledger.frozen is None
    assert ledger.incarnation == incarnation
    assert not stock.places.confirmation.exists()
    with closing(open_reader(stock.path)) as connection:
        assert View(connection).frozen() is None


def test_a_word_that_comes_too_late_is_forgotten(stock: Stock, ledger: Ledger) -> None:
    """A confirmation of a ledger that is not frozen does not wait for the next rebuild."""
    stock.places.confirmation.touch()
    run(ledger, Upkeep.look)
    assert not stock.places.confirmation.exists()
    run(ledger, lambda upkeep: upkeep.recover("a test"), Upkeep.look)
    assert ledger.frozen == "a test"

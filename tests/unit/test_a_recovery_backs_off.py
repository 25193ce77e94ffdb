"""A recovery that cannot finish is tried again with longer waits, in the one cell it began."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stocked import Stock

from agent.core.instant import Moment
from agent.ledger import Ledger, LedgerError, LedgerUnavailable, quarantine
from agent.ledger.mending import Mending
from agent.ledger.quarantine import damaged_databases
from agent.ledger.upkeep import Upkeep, UpkeepPlan

PLAN = UpkeepPlan(keep_days=30, budget_bytes=2**40, alone=True)


class _Waited(Stock):
    """A ledger on a clock that a test moves on by seconds."""

    up_s = 0.0

    def clock(self) -> Moment:
        return replace(super().clock(), up_ms=int(self.up_s * 1000))


@pytest.fixture
def stock(tmp_path: Path) -> _Waited:
    """A ledger of one member and nine sales."""
    stock = _Waited(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 9)
    return stock


@pytest.fixture
def ledger(stock: _Waited) -> Iterator[Ledger]:
    """The same, running."""
    with stock.running() as ledger:
        yield ledger


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[OSError]:
    """The attempts that met a disk without room."""
    met: list[OSError] = []

    def full(*_: object, **__: object) -> None:
        met.append(OSError(28, os.strerror(28)))
        raise met[-1]

    monkeypatch.setattr("agent.ledger.recovery.open_epoch", full)
    return met


def look(stock: _Waited, ledger: Ledger, *, every_s: float, until_s: float) -> Upkeep:
    """Let upkeep meet damage, and look as often as an agent does; no time really passes."""
    upkeep = Upkeep(ledger, PLAN)

    async def looks() -> None:
        with pytest.raises(LedgerUnavailable):
            await upkeep.recover("a test")
        while stock.up_s < until_s:
            stock.up_s += every_s
            await upkeep.look()

    asyncio.run(looks())
    return upkeep


def test_the_waits_grow(stock: _Waited, ledger: Ledger, tries: list[OSError]) -> None:
    """Ten minutes of looks every two seconds are a score of attempts, not three hundred; the alarm
    says what is wrong, how often it was tried, and when it is tried again.
    """
    upkeep = look(stock, ledger, every_s=2, until_s=600)
    assert 600 / 60 <= len(tries) <= 2 * 600 / 60 + 5
    assert upkeep.alarm is not None
    assert "No space left" in upkeep.alarm
    assert f"tried {len(tries)} times, again within" in upkeep.alarm


def test_one_damage_has_one_cell(
    stock: _Waited, ledger: Ledger, tries: list[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried, by one agent or by the next, the damaged files lie in one place,
    with the reason that was found first; the ledger that is made at last names it.
    """
    look(stock, ledger, every_s=120, until_s=600)
    ledger.stop()
    for _ in range(2):
        with pytest.raises(LedgerUnavailable), stock.running():
            pass
    assert len(tries) > 4
    (cell,) = stock.places.quarantine.iterdir()
    assert (cell / "reason.txt").read_text() == "a test\n"
    monkeypatch.undo()
    with stock.running() as again:
        assert again.frozen == "a test"
    assert list(stock.places.quarantine.iterdir()) == [cell]


def test_the_next_damage_has_a_cell_of_its_own(stock: _Waited) -> None:
    """A cell is closed once a ledger stands again: what was kept is never mixed or written over."""
    kept = []
    for reason in ("one", "two"):
        with stock.running() as ledger:
            ledger.recover(reason)
        kept.append((stock.places.quarantine / f"00{len(kept) + 1}" / "damaged.db").read_bytes())
    cells = sorted(stock.places.quarantine.iterdir())
    assert [(cell / "damaged.db").read_bytes() for cell in cells] == kept
    assert [quarantine.reason_of(cell) for cell in cells] == ["one", "two"]


def test_a_cell_that_was_left_open_is_not_written_over(stock: _Waited) -> None:
    """Killed just before it closed its cell, a recovery leaves one that the next damage avoids."""
    with stock.running() as ledger:
        ledger.recover("one")
    first = stock.places.quarantine / "001"
    (first / "unfinished").touch()
    was = (first / "damaged.db").read_bytes()
    with stock.running() as ledger:
        ledger.recover("two")
    assert (first / "damaged.db").read_bytes() == was
    assert quarantine.reason_of(stock.places.quarantine / "002") == "two"


def test_a_recovery_that_succeeds_is_forgotten(
    stock: _Waited, ledger: Ledger, tries: list[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a success the next damage is tried at once, and the alarm is gone."""
    mending = Mending(ledger, dice=lambda: 1.0)

    async def fail_and_succeed() -> None:
        for wait_s in (5, 10, 20, 40, 60, 60):
            with pytest.raises(LedgerError):
                await mending.recover("a test")
            assert not mending.is_due()
            stock.up_s += wait_s - 0.5
            assert not mending.is_due()
            stock.up_s += 0.5
            assert mending.is_due()
        monkeypatch.undo()
        await mending.recover("a test")

    asyncio.run(fail_and_succeed())
    assert len(tries) == 6
    assert (mending.alarm, mending.unfinished, mending.is_due()) == (None, None, True)
    assert mending.recoveries == 1


def test_what_is_being_mended_is_said(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a recovery is at work, and every call is refused, the alarm says why."""
    mending, said = Mending(ledger), list[str | None]()
    monkeypatch.setattr(ledger, "recover", lambda _: said.append(mending.alarm))
    asyncio.run(mending.recover("a test"))
    assert said == ["the ledger is damaged and is being made anew: a test"]
    assert mending.alarm is None


def test_a_mistake_in_a_recovery_is_said_and_waited_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recovery that fails for a reason that nobody foresaw backs off like any other."""

    def slip(_reason: str) -> None:
        raise AssertionError("a slip")

    mending = Mending(ledger)
    monkeypatch.setattr(ledger, "recover", slip)
    with pytest.raises(AssertionError):
        asyncio.run(mending.recover("a test"))
    assert "cannot be made anew: a slip; tried 1 times" in str(mending.alarm)
    assert not mending.is_due()


def test_damaged_copies_are_listed_newest_first(stock: _Waited) -> None:
    """The tenth copy is newer than the ninth, and the thousandth than both."""
    for number in ("002", "010", "009", "1000", "999", "1001"):
        cell = stock.places.quarantine / number
        cell.mkdir(parents=True)
        (cell / "damaged.db").touch()
    found = [path.parent.name for path in damaged_databases(stock.places)]
    assert found == ["1001", "1000", "999", "010", "009", "002"]

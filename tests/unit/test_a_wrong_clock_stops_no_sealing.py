"""Entries of a clock that was wrong are sealed with what came after them, not decades later."""

import asyncio
from pathlib import Path

import pytest
from stocked import Stock, in_database

from agent.ledger import Ledger, replay, sealing

DECADES = 20_000


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A closed ledger: 6 entries of the first day, then entries of a clock that was decades ahead,
    then 5 sales of the second day.
    """
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 5)
        stock.day = DECADES
        stock.sell(ledger, 3)
        stock.day = 1
        stock.sell(ledger, 5)
    return stock


def seal_on(stock: Stock, ledger: Ledger, day: int) -> int:
    """Let head office have everything by a day, and seal what is a month old then."""
    stock.day = day
    stock.sell(ledger, 1)
    stock.acknowledge(ledger)
    return stock.seal(ledger)


def test_an_hour_of_a_wrong_clock_is_sealed_with_the_next_one(stock: Stock, ledger: Ledger) -> None:
    """An entry is at least as old as any later one: once those are old, they all go."""
    assert seal_on(stock, ledger, 100) == 1
    assert len(in_database(stock.path)) == 1
    assert replay(stock.path).head == ledger.head


def test_what_follows_a_wrong_clock_is_waited_for(stock: Stock, ledger: Ledger) -> None:
    """As long as nothing old comes after them, entries of a time to come stay, with what is young
    behind them.
    """
    assert seal_on(stock, ledger, 31) == 1
    assert in_database(stock.path)[0] == (0, 7)


def test_an_epoch_that_ends_with_a_wrong_clock_is_sealed(stock: Stock, ledger: Ledger) -> None:
    """Entries of a later epoch say that those of the last one are old."""
    stock.day = DECADES
    stock.sell(ledger, 2)
    asyncio.run(ledger.write(lambda t: t.open_epoch("welcomed", incarnation="again")))
    stock.day = 2
    stock.sell(ledger, 2)
    assert seal_on(stock, ledger, 100) == 2
    assert len(in_database(stock.path)) == 1
    assert replay(stock.path).head == ledger.head


def test_a_wrong_clock_may_last_for_more_than_a_segment(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that is full begins with what is known to be old, however far that is proved."""
    monkeypatch.setattr(sealing, "_LONGEST_SEGMENT", 2)
    seal_on(stock, ledger, 100)
    assert len(in_database(stock.path)) == 1
    assert replay(stock.path).head == ledger.head


def test_a_clock_that_is_wrong_now_seals_nothing(stock: Stock, ledger: Ledger) -> None:
    """Before its time nothing is old."""
    stock.day = -300
    stock.acknowledge(ledger)
    assert stock.seal(ledger) == 0

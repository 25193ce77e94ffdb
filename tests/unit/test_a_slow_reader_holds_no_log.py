"""Whoever reads a ledger for long does not keep its write-ahead log from being trimmed."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stocked import Stock, everything

from agent.core.entry import Position
from agent.ledger import Ledger, replay, verify_chain, view
from agent.ledger.history import walk
from agent.ledger.replay import Progress

CHECKS: list[Callable[..., object]] = [replay, verify_chain]


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of one member and 249 sales, all acknowledged."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 249)
        stock.acknowledge(ledger)
    return stock


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that what is read is always behind what is there."""
    monkeypatch.setattr(view, "_PAGE", 10)


def slowly(stock: Stock) -> Iterator[tuple[Position, bytes]]:
    """Walk a ledger as a pager makes an export do."""
    return walk(stock.path, progress=lambda _done, _of: None)


def trimmed(ledger: Ledger) -> bool:
    """Say whether the log could begin again just now: whoever holds a state prevents it."""
    assert ledger._writing is not None
    ledger._writing.execute("PRAGMA busy_timeout = 0")
    (busy, *_) = ledger._writing.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    return not busy


def test_an_export_that_waits_for_its_pager_holds_nothing(stock: Stock, ledger: Ledger) -> None:
    """Between two lines the log can begin again, and the export ends with the entry that was the
    newest when it began.
    """
    before = everything(stock.path)
    export = slowly(stock)
    read = [next(export)]
    stock.sell(ledger, 20)
    assert trimmed(ledger)
    read += export
    assert read == before


def test_what_is_sealed_meanwhile_is_read_once(stock: Stock, ledger: Ledger) -> None:
    """Entries that move to a sealed file while they are read are neither missed nor told twice."""
    before = everything(stock.path)
    export = slowly(stock)
    read = [next(export) for _ in range(25)]
    stock.day = 50
    assert stock.seal(ledger) == 1
    read += export
    assert read == before


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_holds_no_log_while_it_tells_its_progress(
    stock: Stock, ledger: Ledger, check: Callable[..., object]
) -> None:
    """A terminal that has stopped a check keeps no log growing; sales and sealing go on, and what
    came meanwhile is checked too.
    """
    told = list[bool]()

    def stopped(_done: int, _of: int) -> None:
        stock.sell(ledger, 1)
        told.append(trimmed(ledger))
        if len(told) == 2:
            stock.day = 50
            stock.seal(ledger)

    progress: Progress = stopped
    found = check(stock.path, progress=progress)
    assert len(told) >= 3
    assert all(told)
    assert getattr(found, "head", found) == ledger.head
    assert asyncio.run(ledger.read(lambda view: len(view.segments()))) == 1

"""A disk that is full: nothing is promised, what was there is still answered, and it heals."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from agent.core.facts import Enrol
from agent.ledger import Ledger, LedgerUnavailable, Transaction, replay

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


def enrols(number: int) -> Callable[[Transaction], object]:
    """A job that enrols the card with this number."""
    fact = Enrol(account=f"acc-{number}", token=f"em4100:{number:010X}")
    return lambda transaction: transaction.append(fact)


def set_disk_pages(ledger: Ledger, pages: int) -> None:
    """Give the database this many pages and no more (SQLite never goes below what it has)."""

    def limit(transaction: Transaction) -> None:
        transaction._connection.execute(f"PRAGMA max_page_count = {pages}")

    asyncio.run(ledger.write(limit))


def fill_up(ledger: Ledger) -> int:
    """Write until the disk is full; answers how many entries were written."""
    for number in range(10_000):
        try:
            asyncio.run(ledger.write(enrols(number)))
        except LedgerUnavailable:
            return number
    raise AssertionError("the disk never filled up")


def test_a_full_disk_is_said(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """An entry for which there is no room is LedgerUnavailable, and the fault says why."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        assert ledger.fault is None
        set_disk_pages(ledger, 1)
        fill_up(ledger)
        with pytest.raises(LedgerUnavailable, match="full"):
            asyncio.run(ledger.write(enrols(99_999)))
        assert ledger.fault is not None
        assert "full" in ledger.fault


def test_what_was_written_is_still_answered(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """With a full disk the journal is whole, and questions are answered as before."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        set_disk_pages(ledger, 1)
        written = fill_up(ledger)
        assert written > 0
        assert ledger.head.seq == written
        assert asyncio.run(ledger.read(lambda view: view.head())) == ledger.head
        assert replay(ledger.path).head == ledger.head


def test_a_full_disk_that_has_room_again_heals(
    tmp_path: Path, running_ledger: RunningLedger
) -> None:
    """A probe fails while there is no room and clears the fault once there is; no entry is lost."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        set_disk_pages(ledger, 1)
        written = fill_up(ledger)
        with pytest.raises(LedgerUnavailable):
            asyncio.run(ledger.probe())
        assert ledger.fault is not None
        set_disk_pages(ledger, 10_000)
        assert ledger.fault is not None  # a small note that fits says nothing of room for sales
        asyncio.run(ledger.probe())
        assert ledger.fault is None
        asyncio.run(ledger.write(enrols(99_999)))
        assert replay(ledger.path).entries == written + 1


def test_an_entry_that_fits_clears_the_fault(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """The first entry that is written again proves that there is room."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        set_disk_pages(ledger, 1)
        fill_up(ledger)
        set_disk_pages(ledger, 10_000)
        asyncio.run(ledger.write(enrols(99_999)))
        assert ledger.fault is None

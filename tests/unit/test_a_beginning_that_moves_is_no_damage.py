"""The disk budget may drop the oldest entries while a ledger is checked or backed up."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock, everything

from agent.ledger import Ledger, backup, budget, replay, verify_chain
from agent.ledger import replay as replay_function
from agent.ledger.backup import make_backup
from agent.ledger.base import read_base
from agent.ledger.history import walk


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger with two segments."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 120, times=2)
    return stock


def drop(ledger: Ledger) -> None:
    """Let go of the oldest segment, as the budget does."""
    thread = threading.Thread(target=lambda: asyncio.run(budget._drop_segment(ledger)))
    thread.start()
    thread.join()


class Once:
    """Drops a segment when it is called for the first time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.done = False

    def __call__(self, *_: object) -> None:
        if not self.done:
            self.done = True
            drop(self._ledger)


@pytest.mark.parametrize("check", [replay, verify_chain])
@pytest.mark.parametrize("when", ["before the walk", "in it"])
def test_a_check_begins_again_where_the_ledger_does(
    stock: Stock,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[..., object],
    when: str,
) -> None:
    """Entries dropped between two looks are no damage: the rest is checked, and it holds."""
    import sys  # noqa: PLC0415 - the module has the name of its function

    module, moved = sys.modules[replay_function.__module__], Once(ledger)
    if when == "before the walk":

        def then_drop(path: Path) -> object:
            base = read_base(path)
            moved()
            return base

        monkeypatch.setattr(module, "read_base", then_drop)
        found = check(stock.path)
    else:
        found = check(stock.path, progress=moved)
    assert moved.done
    assert getattr(found, "head", found) == ledger.head


def test_a_full_backup_begins_where_its_copy_does(stock: Stock, ledger: Ledger) -> None:
    """What is dropped while a backup is copied does not change what the backup says of itself."""
    made = make_backup(stock.places, "full", progress=Once(ledger))
    assert read_base(stock.path).begins_after.seq > 0
    assert made.begins_after.startswith("0:0:")


def test_a_full_backup_never_begins_before_its_copy(
    stock: Stock, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is dropped just before a backup is copied is not promised by it."""
    moved, opened = Once(ledger), backup.open_known

    def drop_and_open(path: Path) -> object:
        moved()
        return opened(path)

    monkeypatch.setattr(backup, "open_known", drop_and_open)
    made = make_backup(stock.places, "full")
    assert made.begins_after.startswith("0:121:")


def test_an_export_says_what_was_dropped_under_it(stock: Stock, ledger: Ledger) -> None:
    """Entries that go while they are exported are said to be left out; the rest is exported."""
    before, left_out = everything(stock.path), list[Exception]()
    export = walk(stock.path, progress=lambda _done, _of: None, unreadable=left_out.append)
    read = [next(export)]
    drop(ledger)
    drop(ledger)
    read += export
    assert left_out
    assert set(read) < set(before)
    assert read[-1] == before[-1]

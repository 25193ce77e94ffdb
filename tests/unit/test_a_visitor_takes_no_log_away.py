"""Whoever looks into a running ledger with another program leaves its log where it is.

SQLite takes the last connection that closes for one that may empty the log and remove it, unless
somebody's lock says otherwise. A process loses every lock on a file when it closes any descriptor
of it that it opened beside SQLite: https://sqlite.org/howtocorrupt.html, 2.2.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from stocked import Stock

from agent.ledger import Ledger, replay
from agent.ledger.backup import make_backup

VISIT = """
import sqlite3, sys
visitor = sqlite3.connect(sys.argv[1])
visitor.execute("SELECT count(*) FROM journal").fetchone()
visitor.close()
"""


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger that was closed once, so that it is found when it is opened."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
    return stock


def nothing(_stock: Stock, _ledger: Ledger) -> None:
    """The ledger was only opened."""


def back_up(stock: Stock, _ledger: Ledger) -> None:
    """Backups of both kinds were made."""
    make_backup(stock.places, "full")
    make_backup(stock.places, "hourly")


def seal(stock: Stock, ledger: Ledger) -> None:
    """Old entries were sealed."""
    stock.sell(ledger, 5)
    stock.day += 40
    assert stock.seal(ledger, alone=True)


@pytest.mark.parametrize("before", [nothing, back_up, seal])
def test_a_visitor_leaves_the_log(
    stock: Stock, ledger: Ledger, before: Callable[[Stock, Ledger], None]
) -> None:
    """The log stays, whatever the agent did before; sales after the visit are in it."""
    before(stock, ledger)
    stock.sell(ledger, 1)
    log = Path(f"{stock.path}-wal")
    was = log.stat()
    command = [sys.executable, "-c", VISIT, str(stock.path)]
    subprocess.run(command, check=True, timeout=60)
    assert (log.stat().st_ino, log.stat().st_size) == (was.st_ino, was.st_size)
    stock.sell(ledger, 1)
    assert replay(stock.path).head == ledger.head

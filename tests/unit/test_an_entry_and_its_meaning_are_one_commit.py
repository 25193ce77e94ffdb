"""An entry and what it means are one commit: no reader, and no kill, ever comes between the two."""

import sqlite3
from pathlib import Path

import ledger_facts as some
import pytest
from ledger_shop import Shop

from agent.core.facts import Enrol, Fact, LeaseGrant
from agent.ledger import LedgerDamaged, ledger, replay
from agent.ledger.connection import open_writer


class Onlooker:
    """Replays whatever is newly committed before any statement of the writer."""

    def __init__(self) -> None:
        self.looked = 0
        self.found: list[str] = []
        self._beside: sqlite3.Connection | None = None
        self._path = Path()
        self._seen = 0

    def open_writer(self, path: Path) -> sqlite3.Connection:
        """Open a writer's connection whose every statement is looked upon before it runs."""
        connection = open_writer(path)
        connection.set_trace_callback(self._look)
        return connection

    def begin(self, path: Path) -> None:
        """Look at this ledger from now on, through a connection beside the writer's."""
        self._path = path
        self._beside = sqlite3.connect(path, check_same_thread=False)

    def end(self) -> None:
        """Look no more."""
        assert self._beside is not None, "begin comes first"
        self._beside.close()
        self._beside = None

    def _look(self, statement: str) -> None:
        if self._beside is None:
            return
        (version,) = self._beside.execute("PRAGMA data_version").fetchone()
        if version == self._seen:  # nothing was committed since
            return
        self._seen = version
        self.looked += 1
        try:
            replay(self._path)
        except LedgerDamaged as error:
            self.found.append(f"before {statement[:40]}: {error}")


@pytest.fixture
def onlooker(monkeypatch: pytest.MonkeyPatch) -> Onlooker:
    """Looks upon the ledger that is opened in this test."""
    onlooker = Onlooker()
    monkeypatch.setattr(ledger, "open_writer", onlooker.open_writer)
    return onlooker


def a_day(shop: Shop) -> None:
    """Points are earned, waited for, held, spent, given back and returned."""
    facts: list[Fact] = [
        Enrol(account="ana", token="card:1"),
        LeaseGrant(account="ana", granted_total=40, generation=0),
        some.accumulation("s", "ana", 30, leased=True),
        some.accumulation("p", "ana", 9, pending=True, tier="gold"),
    ]
    for fact in facts:
        shop.ask(fact, some.DAY)
    shop.ask(some.hold(shop.notebook, "r", "ana", 12))
    shop.ask(some.capture("r", shop.notebook.holds["r"], 5))
    shop.ask(some.release("r", shop.notebook.holds["r"], 7, epoch=0))
    shop.ask(some.sale_return(shop.notebook, "s", "b", 10, 3))
    shop.together = 3
    for name in ("x", "y", "z"):
        shop.ask(some.accumulation(name, "ana", 4))


def test_nobody_sees_an_entry_without_its_meaning(onlooker: Onlooker) -> None:
    """Before each statement of the writer, what others can read is a journal and its replay."""
    shop = Shop()
    try:
        onlooker.begin(shop.ledger.path)
        a_day(shop)
        onlooker.end()
        shop.check()
    finally:
        shop.close()
    assert onlooker.looked > len(shop.places) / 2, "what was committed was looked at"
    assert onlooker.found == []

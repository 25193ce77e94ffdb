"""Fixtures of the tests that cross the wire: head office, stores, and a till that never tires."""

import importlib
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from far_ends import FarEnd

from agent.paths import shipped_baskets
from agent.tools.compare import Comparison, compare
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.pos import VirtualPos
from sync.hub.database import Database


@pytest.fixture(autouse=True)
def shared_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command that a test calls in its own process silences the log that others listen to."""
    bench = importlib.import_module("agent.cli.bench")
    monkeypatch.setattr(bench, "configure_logs", lambda **_: None)


@pytest.fixture
def head_office(tmp_path: Path) -> Iterator[HeadOffice]:
    """A running broker and hub."""
    office = HeadOffice(tmp_path / "head-office", stores=("s001", "s002"))
    try:
        office.start()
        yield office
    finally:
        office.stop()


@pytest.fixture
def online_store(head_office: HeadOffice, tmp_path: Path) -> Iterator[StoreKit]:
    """A running store whose agent head office has answered."""
    kit = StoreKit(name="s001", directory=tmp_path / "s001", broker_port=head_office.broker.port)
    try:
        kit.start()
        wait_until(lambda: kit.health()["online"], "head office to answer")
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def far_end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarEnd]:
    """A far end that is not there yet."""
    end: FarEnd = request.param(tmp_path)
    try:
        yield end
    finally:
        end.go()


class BusyTill:
    """Sells real baskets in a thread, as fast as answers come, and keeps every answer it got.

    A sale that was not answered is sent again under its id until it is, as a careful POS does.
    """

    def __init__(self, pos: VirtualPos) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.trouble: list[str] = []
        self._pos = pos
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sell, name="busy-till", daemon=True)

    def start(self) -> None:
        """Begin selling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the sale under way was answered."""
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self.trouble == []

    def wait_for_sales(self, more: int) -> None:
        """Wait until so many more sales were answered."""
        target = len(self.answers) + more
        wait_until(lambda: len(self.answers) >= target or bool(self.trouble), f"{more} sales")
        assert self.trouble == []

    def _sell(self) -> None:
        with shipped_baskets().open(encoding="utf-8") as file:
            baskets = [json.loads(line) for line in file]
        for number, basket in enumerate(itertools.cycle(baskets)):
            if self._stopping.is_set():
                return
            sale_id = f"{number}-{basket['sale_id']}"
            answer = self._until_answered(sale_id, basket["sale"])
            if answer is None:
                return
            if answer.status_code not in (200, 201):
                self.trouble.append(f"{sale_id}: {answer.status_code} {answer.text}")
                return
            self.answers[sale_id] = answer.json()
            if answer.json()["status"] == "unknown_card":
                self._until_enrolled(basket["sale"]["token"])

    def _until_answered(self, sale_id: str, sale: dict[str, Any]) -> httpx.Response | None:
        while True:
            try:
                return self._pos.sell(sale_id, sale)
            except httpx.TransportError:
                if self._stopping.wait(0.02):
                    return None

    def _until_enrolled(self, token: str) -> None:
        while not self._stopping.is_set():
            try:
                self._pos.enrol(token)
            except httpx.TransportError:
                self._stopping.wait(0.02)
            else:
                return


@pytest.fixture
def busy_till(online_store: StoreKit) -> Iterator[BusyTill]:
    """A till at the online store's only lane that is already selling."""
    till = BusyTill(online_store.lanes["1"].pos)
    till.start()
    try:
        till.wait_for_sales(5)
        yield till
    finally:
        till._stopping.set()


@pytest.fixture
def both_sides(head_office: HeadOffice, online_store: StoreKit) -> Callable[[], Comparison]:
    """Wait until head office has everything, then replay and compare both sides."""

    def converge() -> Comparison:
        online_store.wait_acknowledged()
        database = Database(f"sqlite:///{head_office.database}")
        database.start(migrate=False)
        try:
            return compare(online_store.ledger_path, database, online_store.address)
        finally:
            database.stop()

    return converge

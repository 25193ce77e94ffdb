"""Fixtures of the tests that cross the wire: head office, stores, and a till that never tires."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from busy_till import BusyTill
from far_ends import FarEnd

from agent.tools.compare import Comparison, compare
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until
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


@pytest.fixture
def busy_till(online_store: StoreKit) -> Iterator[BusyTill]:
    """A till at the online store's only lane that is already selling."""
    till = BusyTill(online_store.lanes["1"].pos, pause_s=0.02)
    till.start()
    try:
        till.wait_for_sales(5)
        yield till
    finally:
        till.give_up()


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

"""A real broker, a real hub, one worker or several: all is taken, answered, counted, and ended."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_house import HubHouse
from postgres import PrivatePostgres
from zygote import ForkedDaemons

from agent.tools.waiting import wait_until
from sync.messages import Ack

_DEVICES = 6
_WORKERS = 2
_ENTRIES = 60


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL of our own."""
    server = PrivatePostgres(synchronous_commit="on")  # it is ended without a warning below
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[HubHouse]:
    """A hub on SQLite, which has one worker."""
    house = HubHouse(tmp_path / "house", f"sqlite:///{tmp_path}/hub.db")
    try:
        house.start()
        yield house
    finally:
        house.stop()


@pytest.fixture
def large(tmp_path: Path, postgres: PrivatePostgres) -> Iterator[HubHouse]:
    """A hub of several workers on PostgreSQL."""
    house = HubHouse(
        tmp_path / "house",
        postgres.url(postgres.new_database()),
        devices=_DEVICES,
        workers=_WORKERS,
    )
    try:
        house.start()
        yield house
    finally:
        house.stop()


def _workers(house: HubHouse) -> list[int]:
    children = Path(f"/proc/{house.hub.pid}/task/{house.hub.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def test_one_worker_takes_what_is_good_and_counts_what_is_not(small: HubHouse) -> None:
    """A batch behind garbage is acknowledged, and both are seen in /healthz and /metrics."""
    with small.device("edge-1") as device:
        device.is_welcomed()
        device.paper.writes(5)
        topic = device.paper.address.topic("journal")
        device.says((topic, b"garbage"))
        device.is_heard()
        assert device.told(device.paper.batch(2), Ack).seq == 6
        health = small.health()
        assert (health["status"], health["entries"], health["refused_messages"]) == ("ok", 6, 1)
        assert small.metric("tapledger_hub_entries_total") == 6
        assert small.metric("tapledger_hub_refused_total", kind="malformed_message") == 1
        assert small.metric("tapledger_hub_quarantined_messages") == 1
        assert small.metric("tapledger_hub_conflicts", kind="malformed_message") == 1
        assert small.metric("tapledger_hub_devices", state="live") == 1
    assert small.hub.stop() == 0
    assert "garbage" not in small.hub.output()


def test_workers_share_the_work_and_one_that_is_killed_comes_back(large: HubHouse) -> None:
    """Six devices deliver everything, though a worker is killed meanwhile; all end on SIGTERM."""

    def deliver(name: str) -> None:
        with large.device(name) as device:
            device.is_welcomed()
            device.paper.writes(_ENTRIES)
            device.is_heard()

    before = _workers(large)
    assert len(before) == _WORKERS
    with ThreadPoolExecutor(_DEVICES) as threads:
        work = [threads.submit(deliver, name) for name in large.names]
        wait_until(lambda: large.metric("tapledger_hub_entries_total") > 20, "some entries")
        os.kill(before[1], signal.SIGKILL)
        for each in work:
            each.result()
    restarts, online = "tapledger_hub_worker_restarts_total", "tapledger_hub_workers_online"
    wait_until(lambda: large.metric(restarts) == 1, "the end of the worker to be seen")
    wait_until(lambda: large.metric(online) == _WORKERS, "the worker to come back")
    after = _workers(large)
    assert len(after) == _WORKERS
    assert len(set(before) & set(after)) == _WORKERS - 1
    assert large.hub.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in after)


def test_a_database_that_is_down_loses_nothing(tmp_path: Path, postgres: PrivatePostgres) -> None:
    """The hub says so and keeps what comes; what nobody answered is answered when it is back."""
    house = HubHouse(tmp_path / "house", postgres.url(postgres.new_database()))
    try:
        house.start()
        with house.device("edge-1") as device:
            device.is_welcomed()
            device.paper.writes(5)
            postgres.end(signal.SIGQUIT)
            device.says(device.paper.batch())
            wait_until(lambda: house.health()["status"] == "degraded", "the hub to notice")
            assert "the database does not answer" in str(house.health()["reasons"])
            assert house.metric("tapledger_hub_degraded") == 1
            postgres.serve()
            device.is_heard()
            wait_until(lambda: house.health()["status"] == "ok", "the hub to be well again")
    finally:
        house.stop()


def test_a_worker_ends_when_its_hub_was_killed(large: HubHouse) -> None:
    """Nobody is left behind that would take messages beside the next hub's workers."""
    workers = _workers(large)
    large.hub.kill()
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the workers to end"
    )


def test_sqlite_takes_one_worker(forked: ForkedDaemons, tmp_path: Path) -> None:
    """More are refused before anything starts, with what to do instead."""
    config = tmp_path / "hub.toml"
    config.write_text(
        '[broker]\nurl = "mqtt://127.0.0.1:1"\n[database]\nurl = "sqlite:////nowhere/hub.db"\n'
    )
    ended = forked.run("hub", "--config", str(config), "--workers", "2")
    assert ended.returncode == 2
    assert "--workers at 1" in ended.stderr

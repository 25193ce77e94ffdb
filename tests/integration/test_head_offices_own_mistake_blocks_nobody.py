"""A mistake in head office's own code, met by a message that came through a real broker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clerk import Clerk
from hub_house import LineDevice
from prometheus_client.parser import text_string_to_metric_families

from agent.clock import system_clock
from agent.tools.processes import Mosquitto
from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.hub import office
from sync.hub.crew import OneWorker
from sync.hub.database import Database
from sync.hub.health import metrics_of
from sync.hub.settings import HubSettings
from sync.messages import DeviceAddress, Ok

_PASSWORD = "password-of-this-test"
_SECRET = "9876543210"


class Headquarters:
    """A real broker and a worker of this process, in whose code a mistake can be made."""

    def __init__(self, directory: Path) -> None:
        users = dict.fromkeys(("hub", "house/s001/edge-1"), _PASSWORD)
        self.broker = Mosquitto(directory / "mosquitto", users=users)
        url = f"sqlite:///{directory / 'hub.db'}"
        self.database = Database(url)
        settings = {
            "broker": {"url": self._url, "username": "hub", "password": _PASSWORD},
            "database": {"url": url},
        }
        self._crew = OneWorker(HubSettings.model_validate(settings), self.database)

    @property
    def _url(self) -> str:
        return f"mqtt://127.0.0.1:{self.broker.port}"

    def start(self) -> None:
        """Start the broker, then the worker."""
        self.broker.start()
        self.database.start()
        self._crew.begin()
        wait_until(lambda: self._crew.status().online, "the worker to connect")

    def stop(self) -> None:
        """End both."""
        self._crew.end()
        self.database.stop()
        self.broker.stop()

    def login(self, device: DeviceAddress) -> Broker:
        """Answer how a device reaches the broker."""
        return Broker(url=self._url, username=str(device), password=_PASSWORD)

    def metric(self, name: str, **labels: str) -> float:
        """Read a metric: the sum over all that have these labels."""
        text = metrics_of(self._crew, self.database, system_clock).decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def conflicts(self) -> list[dict[str, Any]]:
        """Ask which messages could not be handled."""
        clerk = Clerk(self)  # type: ignore[arg-type]  # all it asks of the books is the database
        found: list[dict[str, Any]] = clerk.get("/v1/conflicts?kind=not_handled").json()
        return found


@pytest.fixture
def headquarters(tmp_path: Path) -> Iterator[Headquarters]:
    """Head office, and a broker that it hears."""
    made = Headquarters(tmp_path)
    made.start()
    yield made
    made.stop()


def test_a_batch_that_the_code_fails_at_is_put_aside_and_told(
    headquarters: Headquarters, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is counted, kept for somebody to look at, and told a clerk in one row, however often it
    comes; others are heard meanwhile, nothing of it is booked, and once the mistake is mended the
    device, which kept its entries, is acknowledged.
    """
    with LineDevice(headquarters, "edge-1").on_line() as device:
        device.is_welcomed()
        with monkeypatch.context() as mistaken:
            mistaken.setattr(office, "book", _mistaken)
            for _ in range(2):
                device.says(device.paper.batch())
            refused = "tapledger_hub_refused_total"
            wait_until(
                lambda: headquarters.metric(refused, kind="not_handled") == 2,
                "head office to put it aside",
            )
            (row,) = headquarters.conflicts()
            assert (row["state"], row["device"]) == ("open", "edge-1")
            assert "Head office itself failed at it" in row["text"]
            assert headquarters.metric("tapledger_hub_conflicts", kind="not_handled") == 1
            assert headquarters.metric("tapledger_hub_quarantined_messages") == 1
            device.told(device.paper.hello(), Ok)
        device.is_heard()
        wait_until(lambda: row["decision"] in device.decisions(), "the stores to be told of it")
    assert _SECRET not in capfd.readouterr().out


def _mistaken(*_what: object, **_how: object) -> None:
    raise KeyError(_SECRET)

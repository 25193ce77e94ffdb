"""What the broker stops before anybody reads it has its row at head office all the same: more than
it takes, and a device that comes as another.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from company import TENANT, Company, until
from hub_house import LineDevice
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paper_device import PaperDevice

pytestmark = pytest.mark.long

PAPER = PaperDevice("edge-1", tenant=TENANT, store="s.001")
"""Its store's name has a dot, as those have that it calls itself by at the broker."""

OTHER = PaperDevice("edge-1", tenant=TENANT, store="s002")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A head office with no store of its own, and a broker as it is shipped."""
    others = (str(PAPER.address), str(OTHER.address))
    made = Company(tmp_path_factory.mktemp("company"), stores=(), others=others)
    with made.running() as company:
        yield company


@pytest.fixture(scope="module")
def device(company: Company) -> Iterator[LineDevice]:
    """A device that head office knows."""
    with LineDevice(company, "paper", PAPER).on_line() as device:
        device.is_welcomed()
        yield device


@contextmanager
def connected(company: Company, client_id: str, said: list[object]) -> Iterator[Client]:
    """The device's box, connected under any name; ``said`` is what the broker says to it."""
    login = company.office.broker_login(str(PAPER.address))
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5
    )
    client.username_pw_set(login.username, login.password)
    client.on_disconnect = lambda _c, _d, _f, reason, _p: said.append(reason)
    client.on_publish = lambda _c, _d, _m, reason, _p: said.append(reason)
    client.connect(login.host, login.port)
    client.loop_start()
    try:
        until(client.is_connected, "the broker to let it in")
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def says_too_much(company: Company, client_id: str) -> None:
    """Send a hundred megabytes, until the broker ends it."""
    said: list[object] = []
    with connected(company, client_id, said) as client:
        client.publish(PAPER.address.topic("journal"), bytes(100_000_000), qos=1)
        until(lambda: bool(said), "the broker to put it out")


def test_a_hundred_megabytes_have_a_row(company: Company, device: LineDevice) -> None:
    """Once, however often they come, and once more after a person has looked; it is counted each
    time, and the device's own batches are acknowledged.
    """
    client_id = f"{PAPER.address}/life-1".replace("/", ".")
    refused = company.metric("tapledger_hub_refused_total", kind="too_large")
    for again in (1, 2):
        says_too_much(company, client_id)
        until(
            lambda n=again: (
                company.metric("tapledger_hub_refused_total", kind="too_large") == refused + n
            ),
            "head office to hear of it",
        )
    (row,) = company.conflicts("too_large")
    assert (row["state"], row["store"], row["device"]) == ("open", "s.001", "edge-1")
    assert client_id in row["text"]
    company.office.ask("POST", f"/v1/conflicts/{row['id']}/settle", {"reason": "seen"})
    says_too_much(company, client_id)
    until(lambda: len(company.conflicts("too_large")) == 2, "head office to say it once more")
    device.paper.writes(2)
    device.is_heard()


def test_who_came_under_another_name_is_counted(company: Company) -> None:
    """Nobody can say who that was: there is no row."""
    rows = len(company.conflicts("too_large"))
    refused = company.metric("tapledger_hub_refused_total", kind="too_large")
    says_too_much(company, "somebody")
    until(
        lambda: company.metric("tapledger_hub_refused_total", kind="too_large") == refused + 1,
        "head office to hear of it",
    )
    assert len(company.conflicts("too_large")) == rows
    assert company.hub_health()["status"] == "ok"


def test_a_device_that_comes_as_another_has_a_row(company: Company, device: LineDevice) -> None:
    """What it says in the other's name is refused, and head office never hears it; a clerk reads
    whose certificate it was, and as whom it came.
    """
    with LineDevice(company, "other", OTHER).on_line() as other:
        other.is_welcomed()
        said: list[object] = []
        client_id = f"{OTHER.address}/life-1".replace("/", ".")
        with connected(company, client_id, said) as client:
            client.publish(OTHER.address.topic("hello"), OTHER.hello()[1], qos=1)
            until(lambda: bool(said), "the broker to refuse it")
        assert str(said[0]) == "Not authorized"
        until(lambda: bool(company.conflicts("wrong_name")), "head office to hear of it")
        (row,) = company.conflicts("wrong_name")
        assert (row["state"], row["store"], row["device"]) == ("open", "s.001", "edge-1")
        assert f"under the name of {OTHER.address}" in row["text"]
        for each in (device, other):
            each.paper.writes(1)
            each.is_heard()
            until(lambda e=each: row["decision"] in e.decisions(), "both to be told of it")
        assert company.metric("tapledger_hub_conflicts", kind="wrong_name") == 1

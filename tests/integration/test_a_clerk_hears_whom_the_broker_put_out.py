"""What the broker stops before anybody reads it has its row at head office all the same."""

from collections.abc import Iterator

import pytest
from company import TENANT, Company, until
from hub_house import LineDevice
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paper_device import PaperDevice

pytestmark = pytest.mark.long

PAPER = PaperDevice("edge-1", tenant=TENANT, store="s.001")
"""Its store's name has a dot, as those have that it calls itself by at the broker."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A head office with no store of its own, and a broker as it is shipped."""
    company = Company(tmp_path_factory.mktemp("company"), stores=(), others=(str(PAPER.address),))
    try:
        company.start()
        yield company
    finally:
        company.stop()


@pytest.fixture(scope="module")
def device(company: Company) -> Iterator[LineDevice]:
    """A device that head office knows."""
    device = LineDevice(company, "paper", PAPER)
    device.link.start()
    try:
        until(lambda: device.link.connected, "the broker")
        device.is_welcomed()
        yield device
    finally:
        device.link.stop()


def says_too_much(company: Company, client_id: str) -> None:
    """Connect under this name, and send a hundred megabytes, until the broker ends it."""
    login = company.office.broker_login(str(PAPER.address))
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5
    )
    client.username_pw_set(login.username, login.password)
    ended: list[object] = []
    client.on_disconnect = lambda *_: ended.append(_)
    client.connect(login.host, login.port)
    client.loop_start()
    until(client.is_connected, "the broker to let it in")
    client.publish(PAPER.address.topic("journal"), bytes(100_000_000), qos=1)
    until(lambda: bool(ended), "the broker to put it out")
    client.disconnect()
    client.loop_stop()


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

"""A broker deals messages out to sessions that nobody takes up any more: a worker leaves none."""

from pathlib import Path
from typing import Any, cast

import pytest
from paper_device import PaperDevice

from agent.tools.processes import Mosquitto
from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.hub.ingest import Ingest
from sync.hub.office import HeadOffice, Outgoing
from sync.link import Link

PAPER = PaperDevice("edge-1", tenant="house", store="s001")
PASSWORD = "a-password-of-this-test"
MESSAGES = 8


class Listening:
    """A head office that only counts."""

    is_behind = False

    def __init__(self) -> None:
        self.heard: list[str] = []

    def handle(self, topic: str, _payload: bytes) -> list[Outgoing]:
        """Take a message."""
        self.heard.append(topic)
        return []

    def sweep(self, *, is_busy: bool = False) -> list[Outgoing]:  # noqa: ARG002 - no work
        """Nothing is due."""
        return []

    def work_off(self) -> None:
        """Nothing is left."""


def login(mosquitto: Mosquitto, user: str) -> Broker:
    """How a user gets in."""
    return Broker(url=f"mqtt://127.0.0.1:{mosquitto.port}", username=user, password=PASSWORD)


@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
def test_fewer_workers_hear_everything(tmp_path: Path, is_killed: bool) -> None:
    """Of two workers one is stopped or killed and does not come back: the other hears everything
    that is sent from then on, where a broker that kept the session would give it half.
    """
    mosquitto = Mosquitto(tmp_path, users=dict.fromkeys(("hub", str(PAPER.address)), PASSWORD))
    mosquitto.start()
    office = Listening()
    workers = [
        Ingest(
            login(mosquitto, "hub"),
            cast(HeadOffice, office),
            client_id=f"hub.hub.{number}",
            leads=number == 1,
        )
        for number in (1, 2)
    ]
    device = Link(
        login(mosquitto, str(PAPER.address)),
        client_id="paper",
        topics=(),
        window=MESSAGES,
        **NOTHING,
    )
    links = (device, *(worker.link for worker in workers))
    device.start()
    for worker in workers:
        worker.start()
    try:
        wait_until(lambda: all(link.fault is None for link in links), "the broker")
        leave(workers[1], is_killed=is_killed)
        wait_until(lambda: "Client hub.hub.2 " in mosquitto.output(), "its end")
        for number in range(MESSAGES):
            assert device.publish(PAPER.address.topic("journal"), b"%d" % number)
        wait_until(lambda: len(office.heard) == MESSAGES, "the one that is left to hear all")
    finally:
        for each in (device, *workers):
            each.stop()
        mosquitto.stop()


NOTHING: dict[str, Any] = {
    "on_up": lambda: None, "on_down": lambda: None, "on_message": lambda message: message.done()
}  # fmt: skip


def leave(worker: Ingest, *, is_killed: bool) -> None:
    """End a worker: in order, or so that the broker hears no good-bye."""
    if not is_killed:
        worker.stop()
        return
    client = worker.link._client
    assert client is not None
    worker.link._stopping.set()
    connection = client.socket()
    assert connection is not None
    connection.close()

"""A broker and a hub of several workers, real processes, and paper devices on a real line."""

import queue
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
from paper_device import Message, PaperDevice, answers
from prometheus_client.parser import text_string_to_metric_families

from agent.tools.processes import Daemon, Mosquitto, free_port, tapledger
from agent.tools.waiting import wait_until
from drivers.virtual.pos import NO_TLS
from sync.broker import Broker
from sync.hub.office import Outgoing
from sync.link import Arrived, Link
from sync.messages import (
    Ack,
    Challenge,
    DecisionItem,
    DeviceAddress,
    FeedRequest,
    FeedScope,
    Ok,
    Welcome,
    decode_feed,
    encode,
)

__all__ = ["HubHouse", "LineDevice"]

_PASSWORD = "password-of-this-test"
_ANSWER_WITHIN_S = 1.0


class HubHouse:
    """A mosquitto, and a hub on some database."""

    def __init__(
        self, directory: Path, database_url: str, *, devices: int = 1, workers: int = 1
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.names = tuple(f"edge-{number}" for number in range(1, devices + 1))
        users = ("hub", *(f"house/s001/{name}" for name in self.names))
        self.broker = Mosquitto(directory / "mosquitto", users=dict.fromkeys(users, _PASSWORD))
        self._api = f"http://127.0.0.1:{free_port()}"
        config = directory / "hub.toml"
        config.write_text(
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.broker.port}"\n'
            f'username = "hub"\npassword = "{_PASSWORD}"\n'
            f'[database]\nurl = "{database_url}"\n'
            f'[api]\nlisten = "{self._api.removeprefix("http://")}"\n'
        )
        command = tapledger("hub", "--config", str(config), "--workers", str(workers))
        self.hub = Daemon(command, directory / "hub.log", ready="hub_started")

    def start(self) -> None:
        """Start the broker, then the hub, and wait until every worker is there."""
        self.broker.start()
        self.hub.start()
        wait_until(lambda: self.health()["status"] == "ok", "the workers to connect", timeout_s=90)

    def stop(self) -> None:
        """End both."""
        self.hub.stop()
        self.broker.stop()

    def health(self) -> dict[str, Any]:
        """Ask how the hub is."""
        health: dict[str, Any] = httpx.get(f"{self._api}/healthz", timeout=10, verify=NO_TLS).json()
        return health

    def metric(self, name: str, **labels: str) -> float:
        """Read a metric: the sum over all that have these labels."""
        text = httpx.get(f"{self._api}/metrics", timeout=10, verify=NO_TLS).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def login(self, device: DeviceAddress) -> Broker:
        """Answer how a device reaches the broker."""
        url = f"mqtt://127.0.0.1:{self.broker.port}"
        return Broker(url=url, username=str(device), password=_PASSWORD)

    def device(self, name: str) -> AbstractContextManager["LineDevice"]:
        """A device that is connected."""
        return LineDevice(self, name).on_line()


class House(Protocol):
    """Where a device comes in."""

    def login(self, device: DeviceAddress) -> Broker: ...


class LineDevice:
    """A paper device that says a thing again until it is answered, as a real one does."""

    def __init__(self, house: "House", name: str, paper: PaperDevice | None = None) -> None:
        self.paper = paper or PaperDevice(name)
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.link = Link(
            house.login(self.paper.address),
            client_id=f"paper.{name}",
            topics=(self.paper.address.topic("down/#"),),
            window=16,
            on_up=lambda: None,
            on_down=lambda: None,
            on_message=self._hear,
        )

    @contextmanager
    def on_line(self) -> Iterator[Self]:
        """It is connected."""
        self.link.start()
        try:
            wait_until(lambda: self.link.connected, "the broker")
            yield self
        finally:
            self.link.stop()

    def _hear(self, message: Arrived) -> None:
        message.done()
        if message.topic.endswith("/down/feed"):
            self._heard.put(decode_feed(message.payload))
        for answer in answers([Outgoing(topic=message.topic, payload=message.payload)]):
            self._heard.put(answer)

    def says(self, message: Message) -> None:
        """Say a thing once."""
        wait_until(lambda: self.link.publish(*message), "room in the window")

    def told(self, message: Message, kind: type[Any]) -> Any:
        """Say a thing until there is an answer of this kind."""
        for _ in range(60):
            self.says(message)
            try:
                while not isinstance(answer := self._heard.get(timeout=_ANSWER_WITHIN_S), kind):
                    pass
            except queue.Empty:
                continue
            return answer
        raise TimeoutError(f"no {kind.__name__}")

    def is_welcomed(self) -> None:
        """Greet, be challenged, open the epoch that is offered, and greet again."""
        paper = self.paper
        challenge = self.told(paper.hello(), Challenge)
        welcome = self.told(paper.hello(challenge.challenge), Welcome)
        paper.opens(welcome.new_epoch)
        self.told(paper.hello(), Ok)

    def is_heard(self) -> None:
        """Offer the newest life, in batches of ten, until all of it is acknowledged."""
        life, acknowledged = self.paper.life, 0
        while acknowledged < life.seq:
            last = min(acknowledged + 10, life.seq)
            ack = self.told(self.paper.batch(acknowledged + 1, last), Ack)
            if ack.epoch == life.epoch:
                assert ack.hash == life.hashes[ack.seq].hex()
                acknowledged = max(acknowledged, ack.seq)

    def decisions(self, scope: FeedScope = "seen") -> set[int]:
        """Ask for the feed from its beginning, as a new store does, which hears of all members or
        of its own; answers the decisions that it brings.
        """
        topic, cursor, told = self.paper.address.topic("feed"), 0, set()
        while True:
            request = FeedRequest(nonce=f"feed-{scope}-{cursor}", cursor=cursor, scope=scope)
            page, items = self.told((topic, encode(request)), tuple)
            if page.nonce != request.nonce:
                continue  # an older page, which came twice
            told |= {item.seq for item in items if isinstance(item, DecisionItem)}
            cursor = page.cursor
            if not page.more:
                return told

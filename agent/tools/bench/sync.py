"""From a sale sent to its commit at head office: an upper bound of commit to commit."""

import sqlite3
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from agent.tools.bench.measure import Sampler, timed
from agent.tools.bench.sale import real_sales
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.link import Arrived, Link
from sync.messages import DeviceAddress

__all__ = ["SyncBench"]

_SALES = 60
_PINGS = 200


class SyncBench:
    """One store, one hub, one broker; one sale at a time, the hub's database watched."""

    subject = "sale sent -> committed at head office"
    target_p99_ms = 300.0

    def __init__(self) -> None:
        self._office: HeadOffice | None = None
        self._store: StoreKit | None = None
        self._echo: _Echo | None = None
        self._hub_database: sqlite3.Connection | None = None
        self._sales = real_sales()
        self._numbers = count()

    def open(self, directory: Path) -> dict[str, Sampler]:
        """Start broker, hub and store, and a bare MQTT client beside them."""
        self._office = HeadOffice(directory / "head-office", stores=("bench",))
        self._office.start()
        port = self._office.broker.port
        self._store = StoreKit(name="bench", directory=directory / "store", broker_port=port)
        self._store.start()
        store = self._store
        wait_until(lambda: bool(store.health()["online"]), "head office to answer")
        self._hub_database = sqlite3.connect(f"file:{self._office.database}?mode=ro", uri=True)
        self._echo = _Echo(self._office, store.address)
        return {self.subject: self._sample, "bare MQTT QoS 1 round trip": self._echo.sample}

    def close(self) -> None:
        """End everything."""
        if self._hub_database is not None:
            self._hub_database.close()
        if self._echo is not None:
            self._echo.close()
        if self._store is not None:
            self._store.stop()
        if self._office is not None:
            self._office.stop()

    def _sample(self) -> list[float]:
        assert self._store is not None, "open comes first"  # noqa: S101
        pos = self._store.lanes["1"].pos
        samples = []
        for _ in range(_SALES):
            number = next(self._numbers)
            began_s = time.perf_counter()
            answer = pos.sell(f"bench-{number}", self._sales[number % len(self._sales)])
            seq = answer.json()["journal"]["seq"]
            while self._held_seq() < seq:
                pass  # a look costs some 20 µs, less than a sleep would add
            samples.append(time.perf_counter() - began_s)
        return samples

    def _held_seq(self) -> int:
        assert self._hub_database is not None, "open comes first"  # noqa: S101
        row = self._hub_database.execute("SELECT max(seq) FROM journals").fetchone()
        return int(row[0] or 0)


class _Echo:
    """Publishes as head office and hears it as a device: one QoS 1 hop each way of the broker."""

    def __init__(self, office: HeadOffice, address: DeviceAddress) -> None:
        self._topic = address.topic("down/echo")
        self._arrived = threading.Semaphore(0)
        self._hub = _bare_link(office.broker_login("hub"), (), _ignore)
        self._device = _bare_link(office.broker_login(str(address)), (self._topic,), self._take)

    def _take(self, message: Arrived) -> None:
        message.done()
        self._arrived.release()

    def _round_trip(self) -> None:
        wait_until(lambda: self._hub.publish(self._topic, bytes(500)), "room in the window")
        if not self._arrived.acquire(timeout=10):
            raise RuntimeError("the broker lost a message")

    def sample(self) -> list[float]:
        """Send and receive."""
        return [timed(self._round_trip) for _ in range(_PINGS)]

    def close(self) -> None:
        """Leave the broker."""
        self._hub.stop()
        self._device.stop()


def _ignore(message: Arrived) -> None:
    message.done()


def _bare_link(
    broker: Broker, topics: tuple[str, ...], on_message: Callable[[Arrived], None]
) -> Link:
    up = threading.Event()
    link = Link(
        broker,
        client_id=f"bench-{len(topics)}",
        topics=topics,
        window=16,
        on_up=up.set,
        on_down=lambda: None,
        on_message=on_message,
    )
    link.start()
    if not up.wait(10):
        raise RuntimeError(f"the broker cannot be reached: {link.fault}")
    return link

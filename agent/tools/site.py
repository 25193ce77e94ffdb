"""A small company on one machine: broker, head office and stores, each a real process."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from agent.core.tokens import Token
from agent.paths import shipped_program
from agent.tools.line import Line
from agent.tools.processes import Daemon, Mosquitto, free_port, tapledger
from agent.tools.waiting import wait_until
from drivers.telling import SteadyHand
from drivers.virtual.kinds import EM4100
from drivers.virtual.line import VirtualLine
from drivers.virtual.pos import NO_TLS, VirtualPos
from sync.broker import Broker
from sync.messages import DeviceAddress

__all__ = ["DEMO_PASSWORD", "OFFICE_TOKEN", "TILL_TOKEN", "HeadOffice", "LaneKit", "StoreKit"]

TILL_TOKEN = "till-token-of-this-demonstration"  # noqa: S105 - works on this loopback only
OFFICE_TOKEN = "office-token-of-this-demonstration"  # noqa: S105 - the same
DEMO_PASSWORD = "password-of-this-demonstration"  # noqa: S105 - the same


_TENANT = "demo"


def _address(store: str) -> DeviceAddress:
    return DeviceAddress(tenant=_TENANT, store=store, device="edge-1")


class HeadOffice:
    """A mosquitto and a hub, in one directory, for the named stores.

    The hub has a SQLite database of its own, or ``database_url``. ``broker_settings`` are lines for
    mosquitto's configuration; ``users`` are who else may come in there.
    """

    def __init__(
        self,
        directory: Path,
        *,
        stores: tuple[str, ...],
        database_url: str | None = None,
        workers: int = 1,
        broker_settings: tuple[str, ...] = (),
        users: tuple[str, ...] = (),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        users = ("hub", *(str(_address(store)) for store in stores), *users)
        self.broker = Mosquitto(
            directory / "mosquitto",
            users=dict.fromkeys(users, DEMO_PASSWORD),
            settings=broker_settings,
        )
        self.database = directory / "hub.db"
        self.database_url = database_url or f"sqlite:///{self.database}"
        self.api_port = free_port()
        self.url = f"http://127.0.0.1:{self.api_port}"
        config = directory / "hub.toml"
        config.write_text(
            f'[broker]\nurl = "mqtt://127.0.0.1:{self.broker.port}"\n'
            f'username = "hub"\npassword = "{DEMO_PASSWORD}"\n'
            f'[database]\nurl = "{self.database_url}"\n'
            f'[api]\nlisten = "127.0.0.1:{self.api_port}"\ntenant = "{_TENANT}"\n'
            f'[api.tokens]\nclerk = "{OFFICE_TOKEN}"\n'
        )
        self.hub = Daemon(
            tapledger("hub", "--config", str(config), "--workers", str(workers)),
            directory / "hub.log",
            ready="hub_started",
        )

    def broker_login(self, user: str) -> Broker:
        """Answer how another client reaches this broker: as ``hub``, or as a device's address."""
        url = f"mqtt://127.0.0.1:{self.broker.port}"
        return Broker(url=url, username=user, password=DEMO_PASSWORD)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call head office's API as its clerk; answers the JSON. Raises httpx.HTTPError."""
        answer = httpx.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {OFFICE_TOKEN}"},
            timeout=10,
            verify=NO_TLS,
        )
        answer.raise_for_status()
        return answer.json()

    def start(self) -> None:
        """Start the broker, then the hub."""
        self.broker.start()
        self.hub.start()

    def stop(self) -> None:
        """End both."""
        self.hub.stop()
        self.broker.stop()


@dataclass(frozen=True, kw_only=True)
class LaneKit:
    """One till's devices."""

    reader: VirtualLine[Token]
    pos: VirtualPos
    hand: SteadyHand = field(default_factory=lambda: SteadyHand(at_once=8, per_s=4.5))
    """A little slower than what a reader takes for a hand: what is faster it drops."""

    def tap(self, token: Token) -> dict[str, object]:
        """Lay a card, wait until the lane says whose it is, and take it away."""
        wait_until(lambda: self.hand.can(time.monotonic()), "the cashier's hand")
        self.pos.forget()
        self.reader.lay(token)
        try:
            # The card lies until it is told: on a machine that is busy that may take a while.
            return self.pos.wait_for("card", timeout_s=30, token=str(token), cause="tap")
        finally:
            self.reader.take_away()


@dataclass(kw_only=True)
class StoreKit:
    """One store: an agent with its lanes' devices, and its own line to head office, if any."""

    name: str
    directory: Path
    broker_port: int | None = None
    lane_names: tuple[str, ...] = ("1",)
    program: Path = field(default_factory=lambda: shipped_program("simple"))
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.line = None if self.broker_port is None else Line(self.broker_port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.ledger_path = self.directory / "ledger.db"
        self.address = _address(self.name)
        self.lanes = {name: self._make_lane(name) for name in self.lane_names}
        self.config = self.directory / "agent.toml"
        self.config.write_text(self._toml())
        self.agent = Daemon(
            tapledger("agent", "--config", str(self.config)),
            self.directory / "agent.log",
            ready="agent_started",
        )

    def _make_lane(self, name: str) -> LaneKit:
        reader = EM4100.make(self.directory / f"reader-{name}")
        return LaneKit(reader=reader, pos=VirtualPos(self.url, TILL_TOKEN, name))

    def _toml(self) -> str:
        hub = ""
        if self.line is not None:
            hub = (
                f'[hub]\nurl = "mqtt://127.0.0.1:{self.line.port}"\n'
                f'username = "{self.address}"\npassword = "{DEMO_PASSWORD}"\n'
            )
        devices = "".join(
            f'[[reader]]\nname = "reader-{name}"\ndriver = "em4100"\nport = "{lane.reader.port}"\n'
            f'[[lane]]\nname = "{name}"\ndevices = ["reader-{name}"]\n'
            for name, lane in self.lanes.items()
        )
        return (
            f'[device]\ntenant = "{_TENANT}"\nstore = "{self.name}"\nname = "edge-1"\n'
            f'[ledger]\npath = "{self.ledger_path}"\n{hub}'
            f'[program]\npath = "{self.program}"\n'
            f'[api]\nlisten = "127.0.0.1:{self.port}"\n'
            f'[api.tokens]\ntill1 = "{TILL_TOKEN}"\n{devices}'
        )

    def start(self) -> None:
        """Plug the readers in, start the agent, and have every POS listening."""
        for lane in self.lanes.values():
            lane.reader.plug_in()
        self.agent.start()
        for lane in self.lanes.values():
            lane.pos.start()
            lane.pos.wait_for("status")
        wait_until(lambda: all(r["present"] for r in self.health()["readers"]), "the readers")

    def stop(self) -> None:
        """End everything of this store."""
        for lane in self.lanes.values():
            lane.pos.stop()
        if self.agent.running:
            self.agent.stop()
        for lane in self.lanes.values():
            lane.reader.unplug()
        if self.line is not None:
            self.line.close()

    def health(self) -> dict[str, Any]:
        """Ask ``/healthz``."""
        answer = httpx.get(f"{self.url}/healthz", timeout=10, verify=NO_TLS)
        health: dict[str, Any] = answer.json()
        return health

    def wait_online(self) -> None:
        """Wait until head office has answered and has opened an epoch here."""

        def is_open() -> bool:
            health = self.health()
            return bool(health["online"]) and bool(health["opened"])

        wait_until(is_open, f"head office to answer {self.name}", timeout_s=60)

    def wait_acknowledged(self, *, timeout_s: float = 60.0) -> None:
        """Wait until head office has acknowledged everything."""
        wait_until(
            lambda: self.health()["unacknowledged"] == 0,
            f"head office to acknowledge {self.name}",
            timeout_s=timeout_s,
        )

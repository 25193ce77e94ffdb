"""The network and its broker: messages are lost, doubled, late, out of order, or kept for too long.

Between a device and head office stands one broker. It keeps a session for each client, so that a
message for a device that is away waits there, and comes late. It may be wiped, and then forgets.
A direction of a device's line may be blocked: what goes there is gone, and nobody is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from sync.link import Arrived
from sync.simulation.clocks import World
from sync.simulation.schedule import Schedule

__all__ = ["Direction", "Line", "Network", "Weather"]

Direction = Literal["up", "down"]
_MOST_KEPT = 1_000
"""What mosquitto queues by default for a client that is away."""


def _nothing() -> None:
    """A message is done with: this broker does not ask."""


@dataclass(slots=True)
class Weather:
    """How bad the network is; ``late_s`` is how long a message may take."""

    drop: float = 0.0
    duplicate: float = 0.0
    late_s: tuple[float, float] = (0.002, 0.02)


@dataclass(slots=True, eq=False)
class Line:
    """One client's connection, always being made again while it is plugged in."""

    address: str
    client_id: str
    on_up: Callable[[], None]
    on_down: Callable[[], None]
    on_message: Callable[[Arrived], None]
    plugged: bool = True
    connected: bool = False


@dataclass(slots=True)
class _Session:
    """What the broker keeps for a client."""

    line: Line | None = None
    waiting: list[tuple[str, bytes, float]] = field(default_factory=list)


class Network:
    """Carries messages. ``to_office`` takes what arrives at head office."""

    def __init__(self, world: World, schedule: Schedule, dice: Random) -> None:
        self._world, self._schedule, self._dice = world, schedule, dice
        self._sessions: dict[str, _Session] = {}
        self._lines: list[Line] = []
        self.weather = Weather()
        self.blocked: set[tuple[str, Direction]] = set()
        self.cut: set[str] = set()
        """The addresses whose lines cannot reach the broker."""
        self.to_office: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.under_way = 0

    def plug(self, line: Line) -> None:
        """Have a line connected now, or once it can be."""
        self._lines.append(line)
        line.plugged = True
        self._connect(line)

    def unplug(self, line: Line) -> None:
        """The client is gone; its session stays at the broker."""
        line.plugged = False
        self._lose(line, tell=False)
        self._lines = [each for each in self._lines if each is not line]

    def _connect(self, line: Line) -> None:
        if not line.plugged or line.connected or line.address in self.cut:
            return
        session = self._sessions.setdefault(line.client_id, _Session())
        if session.line is not None:  # the same client comes twice: the broker drops the first
            other = session.line
            self._lose(other, tell=True)
            self._connect_later(other, self._dice.uniform(5, 30))
        session.line, line.connected = line, True
        line.on_up()
        waiting, session.waiting = session.waiting, []
        for topic, payload, until_s in waiting:
            if until_s >= self._world.now_s:
                self._carry_down(line.client_id, topic, payload, until_s)

    def _connect_later(self, line: Line, after_s: float) -> None:
        self._schedule.after(after_s, lambda: self._connect(line))

    def _lose(self, line: Line, *, tell: bool) -> None:
        session = self._sessions.get(line.client_id)
        if session is not None and session.line is line:
            session.line = None
        if line.connected:
            line.connected = False
            if tell:
                line.on_down()

    def cut_off(self, address: str) -> None:
        """Take the network from a store."""
        self.cut.add(address)
        for line in self._lines:
            if line.address == address:
                self._lose(line, tell=True)

    def mend(self, address: str) -> None:
        """Give it back."""
        self.cut.discard(address)
        self.blocked -= {(address, "up"), (address, "down")}
        for line in self._lines:
            if line.address == address:
                self._connect(line)

    def wipe(self) -> None:
        """The broker is killed and its disk is empty: every line falls, every session is gone."""
        for line in list(self._lines):
            self._lose(line, tell=True)
        self._sessions.clear()
        for line in list(self._lines):
            self._connect_later(line, self._dice.uniform(0.1, 5))

    def up(self, line: Line, topic: str, payload: bytes, expiry_s: float | None) -> bool:
        """Hand a message to the broker; False while not connected."""
        if not line.connected:
            return False
        until_s = float("inf") if expiry_s is None else self._world.now_s + expiry_s
        if (line.address, "up") not in self.blocked:
            self._carry(lambda: self._arrive(topic, payload, until_s))
        return True

    def down(self, topic: str, payload: bytes, expiry_s: float | None) -> None:
        """Head office publishes to a device: every client that listens there gets it."""
        until_s = float("inf") if expiry_s is None else self._world.now_s + expiry_s
        address = "/".join(topic.split("/")[2:5])
        clients = {each.client_id for each in self._lines if each.address == address}
        for client in sorted(clients):
            self._carry_down(client, topic, payload, until_s)

    def _carry_down(self, client: str, topic: str, payload: bytes, until_s: float) -> None:
        self._carry(lambda: self._deliver(client, topic, payload, until_s))

    def _carry(self, doing: Callable[[], None]) -> None:
        weather, dice = self.weather, self._dice
        times = 0 if dice.random() < weather.drop else 1
        times += dice.random() < weather.duplicate
        for _ in range(times):
            self.under_way += 1
            self._schedule.after(dice.uniform(*weather.late_s), lambda: self._landed(doing))

    def _landed(self, doing: Callable[[], None]) -> None:
        self.under_way -= 1
        doing()

    def _arrive(self, topic: str, payload: bytes, until_s: float) -> None:
        if until_s >= self._world.now_s:
            self.to_office(topic, payload)

    def _deliver(self, client: str, topic: str, payload: bytes, until_s: float) -> None:
        session = self._sessions.get(client)
        if session is None or until_s < self._world.now_s:
            return
        line = session.line
        if line is None:
            if len(session.waiting) < _MOST_KEPT:
                session.waiting.append((topic, payload, until_s))
        elif (line.address, "down") not in self.blocked:
            line.on_message(Arrived(topic=topic, payload=payload, done=_nothing))

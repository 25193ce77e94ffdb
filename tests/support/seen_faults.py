"""What the faults of a history do, seen from outside: at both ends of each line, in devices that
come up, and in journals. None of it asks whether a fault was called.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

from agent.core.entry import Entry
from agent.core.instant import rfc3339
from sync.link import Arrived
from sync.messages import DeviceAddress
from sync.simulation.clocks import World
from sync.simulation.device import Device
from sync.simulation.faults import Mix
from sync.simulation.history import _live
from sync.simulation.house import House
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.network import Direction, Line, Network
from sync.simulation.schedule import Schedule

__all__ = ["WatchedHouse", "WatchedNetwork", "seen_in"]

_SLACK_S = 0.1


@dataclass(slots=True, eq=False)
class _Message:
    """One that the network took: what stood in its way then, and when it came out, if it did."""

    said: tuple[str, bytes]
    handed_s: float
    until_s: float
    is_blocked: bool
    is_connected: bool = True
    arrived: list[float] = field(default_factory=list)


class WatchedNetwork(Network):
    """A network of which somebody looks at both ends."""

    def __init__(self, world: World, schedule: Schedule, dice: Random) -> None:
        super().__init__(world, schedule, dice)
        self._handed: dict[tuple[str, Direction], list[_Message]] = defaultdict(list)
        self._moved_s: dict[str, list[float]] = defaultdict(list)
        """When each client's line came up, or fell."""
        self._seen: Counter[str] = Counter()
        self._passed: set[str] = set()
        """Which faults let something through that they should have held."""

    def plug(self, line: Line) -> None:
        """Look at what the client is told."""
        on_up, on_down, on_message = line.on_up, line.on_down, line.on_message

        def up() -> None:
            self._moved_s[line.client_id].append(self._world.now_s)
            on_up()

        def down() -> None:
            self._moved_s[line.client_id].append(self._world.now_s)
            self._seen["cut"] += line.address in self.cut
            on_down()

        def message(arrived: Arrived) -> None:
            if (line.address, "down") in self.blocked:
                self._passed.add("one_way down")
            if line.address in self.cut:
                self._passed.add("cut")
            self._came((line.client_id, "down"), arrived.topic, arrived.payload)
            on_message(arrived)

        line.on_up, line.on_down, line.on_message = up, down, message
        super().plug(line)

    def unplug(self, line: Line) -> None:
        """A line that is gone has fallen too."""
        self._moved_s[line.client_id].append(self._world.now_s)
        super().unplug(line)

    def wipe(self) -> None:
        """Look whether anything is left at the broker, and any line."""
        known, lines = len(self._sessions), [line for line in self._lines if line.connected]
        super().wipe()
        is_gone = known and lines and not any(line.connected for line in lines)
        self._seen["wipe"] += bool(is_gone and not self._sessions)

    def up(self, line: Line, topic: str, payload: bytes, expiry_s: float | None) -> bool:
        """Look at what is handed over at a store."""
        is_taken = super().up(line, topic, payload, expiry_s)
        if is_taken:
            if line.address in self.cut:
                self._passed.add("cut")
            is_blocked = (line.address, "up") in self.blocked
            message = self._message(topic, payload, expiry_s, is_blocked)
            self._handed[_address(topic), "up"].append(message)
        return is_taken

    def down(self, topic: str, payload: bytes, expiry_s: float | None) -> None:
        """Look at what is handed over at head office."""
        address = _address(topic)
        is_blocked = (address, "down") in self.blocked
        lines = [line for line in self._lines if line.address == address]
        for client in {line.client_id for line in lines}:
            message = self._message(topic, payload, expiry_s, is_blocked)
            message.is_connected = any(each.connected for each in lines if each.client_id == client)
            self._handed[client, "down"].append(message)
        super().down(topic, payload, expiry_s)

    def at_office(self, topic: str, payload: bytes) -> None:
        """Look at what arrives at head office."""
        self._came((_address(topic), "up"), topic, payload)

    def _message(
        self, topic: str, payload: bytes, expiry_s: float | None, is_blocked: bool
    ) -> _Message:
        now_s = self._world.now_s
        until_s = float("inf") if expiry_s is None else now_s + expiry_s
        return _Message((topic, payload), now_s, until_s, is_blocked)

    def _came(self, way: tuple[str, Direction], topic: str, payload: bytes) -> None:
        same = [each for each in self._handed[way] if each.said == (topic, payload)]
        since_s = self._world.now_s - self.weather.late_s[1] - _SLACK_S

        def unlikely(one: _Message) -> tuple[bool, ...]:
            """A message is said again with the same bytes, and an old one may have waited."""
            is_old, has_come = one.handed_s < since_s, bool(one.arrived)
            return (is_old, one.is_blocked, has_come) if way[1] == "up" else (has_come, is_old)

        message = min(same, key=unlikely)
        message.arrived.append(self._world.now_s)
        if way[1] == "up" and message.is_blocked:
            self._passed.add("one_way up")

    def seen(self, late_s: float) -> set[str]:
        """Name the faults of which something was seen, where messages may be so late."""
        found = self._seen.copy()
        for (end, way), messages in self._handed.items():
            for each in messages:
                found.update(self._befell(end, way, each, late_s))
            first = [each.arrived[0] for each in messages if each.arrived]
            found[f"overtaken {way}"] += any(one > other for one, other in pairwise(first))
        return {fault for fault, times in found.items() if times} - self._passed

    def _befell(self, end: str, way: Direction, message: _Message, late_s: float) -> Iterator[str]:
        """Name what befell a message."""
        latest_s = message.handed_s + late_s + _SLACK_S
        if message.arrived:
            if len(message.arrived) > 1:
                yield f"duplicate {way}"
            if way == "up" and message.arrived[0] - message.handed_s > late_s / 2:
                yield "late_s"  # one for a store may have waited at the broker
        elif message.is_connected and latest_s < min(self._world.now_s, message.until_s):
            moved_s = self._moved_s[end]
            if message.is_blocked:
                yield f"one_way {way}"
            elif not any(message.handed_s <= each <= latest_s for each in moved_s):
                yield f"drop {way}"


def _address(topic: str) -> str:
    return str(DeviceAddress.of_topic(topic)[0])


@dataclass(frozen=True, slots=True)
class _Life:
    """What a device had in memory, and the end of its journal."""

    memory: tuple[Any, ...]
    ledger: SimulatedLedger
    disk: int
    key: bytes
    feed: str
    place: tuple[int, int]
    digest: bytes

    @classmethod
    def of(cls, device: Device) -> "_Life":
        head, disk = device.ledger.head, device.disk
        memory = (device.ledger, device.till, device.desk, device.talk)
        return cls(memory, device.ledger, disk.number, disk.key, device.feed, head.place, head.hash)


class WatchedHouse(House):
    """A house in which somebody looks at each device and at head office now and then."""

    network: WatchedNetwork

    def __init__(self, seed: int, mix: Mix) -> None:
        self._seen: set[str] = set()
        self._lives: dict[str, _Life] = {}
        self._down: set[str] = set()
        self._entries = 0
        super().__init__(seed, mix, stores=2, cards=3)
        self.network.to_office = self._take

    def _take(self, topic: str, payload: bytes) -> None:
        self.network.at_office(topic, payload)
        self.office.take(topic, payload)

    def turn(self) -> None:
        """Look at everybody, before and after they do what is due."""
        self._look()
        super().turn()
        self._look()

    def _look(self) -> None:
        for device in self.devices:
            if not device.running:
                self._down.add(device.name)
                continue
            life = _Life.of(device)
            if device.name in self._down:
                self._down.discard(device.name)
                self._seen.add(_what_befell(self._lives[device.name], life))
            self._lives[device.name] = life
        if len({each.address for each in self.running}) < len(self.running):
            self._seen.add("clone")
        ((entries,),) = self.office.rows("SELECT count(*) FROM entries")
        if entries < self._entries:
            self._seen.add("office_restore")
        self._entries = entries

    def seen(self) -> set[str]:
        """Name the faults of which something was seen."""
        clock = {"clock"} if any(map(self._has_wrong_times, self.running)) else set()
        return self._seen | clock | self.network.seen(self.mix.late_s)

    def _has_wrong_times(self, device: Device) -> bool:
        """Say whether there is an entry of a time that was before this history, or is to come."""
        begun_at, now_at = rfc3339(World().at), rfc3339(self.world.at)
        journal = device.ledger.view.page_after((0, 0), at_most=10_000)
        return any(not begun_at <= Entry.read(each).recorded_at <= now_at for each in journal)


def _what_befell(before: _Life, after: _Life) -> str:
    """Name what a device came up from."""
    if any(one is other for one, other in zip(before.memory, after.memory, strict=True)):
        return "nothing"
    if before.place[1] and after.ledger.view.hash_at(*before.place) != before.digest:
        return "restore" if after.key == before.key else "lose"
    if after.disk != before.disk:
        return "nothing"
    return "scope" if after.feed != before.feed else "crash"


def seen_in(seed: int, mix: Mix, *, steps: int) -> set[str]:
    """Play a history up to where everything would be mended; name the faults that were seen."""
    house = WatchedHouse(seed, mix)
    _live(house, seed, steps)
    seen = house.seen()
    house.close()
    return seen

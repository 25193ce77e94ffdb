"""One history's house: stores, network and head office under one clock and one pair of dice."""

import hashlib
from collections.abc import Callable
from random import Random

from sync.messages import DeviceAddress
from sync.simulation.clocks import DeviceTime, World
from sync.simulation.customers import Customers
from sync.simulation.device import Device, Disk
from sync.simulation.faults import Mix
from sync.simulation.network import Network, Weather
from sync.simulation.notebook import Notebook
from sync.simulation.office import Office
from sync.simulation.program import FIRST, TENANT, program
from sync.simulation.schedule import Schedule
from sync.simulation.trades import PLAIN, Trade
from sync.simulation.watch.floor import FloorWatch
from sync.simulation.watch.journal import JournalWatch
from sync.simulation.watch.lots import LotWatch
from sync.simulation.watch.truth import Truth
from sync.simulation.watch.vouchers import VoucherUses, VoucherWatch

__all__ = ["House"]

_BLINK_S = 0.02
_MARKS_S = (0.05, 1.0, 12.0, 31.0, 300.0)
"""When, in a time in which nobody does anything, each device and head office have a look."""


class House:
    """Everything of one history, and its story."""

    def __init__(
        self, seed: int, mix: Mix, *, stores: int, cards: int, trade: Trade = PLAIN
    ) -> None:
        self.dice, self.mix, self.trade = Random(seed), mix, trade
        self.world = World()
        self.schedule = Schedule(self.world)
        self.network = Network(self.world, self.schedule, Random(seed + 1))
        self.notebook, self.truth, self.uses = Notebook(), Truth(), VoucherUses()
        self.versions = {FIRST.edition: FIRST}
        """Every version of the program that there ever was, by what entries call it."""
        self.story: list[str] = []
        self.stretch = 0.0
        """So many seconds longer is each pause from now on."""
        self._numbers = 0
        self._disks = 0
        self._random = Random(seed + 2)
        self.office = Office(self)
        self.network.to_office = self.office.take
        self.customers = Customers(self.world, self.dice, self.notebook, self.tell, cards)
        self.devices: list[Device] = []
        for number in range(1, stores + 1):
            self.open_store(f"s{number}")

    def tell(self, text: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.world.now_s:12.3f} {text}")

    @property
    def digest(self) -> str:
        """Tell two stories apart."""
        return hashlib.sha256("\n".join(self.story).encode()).hexdigest()[:16]

    def mint(self) -> str:
        """Mint an id that no other thing of this history has."""
        self._numbers += 1
        return f"x{self._numbers}"

    def new_disk(self) -> Disk:
        """Answer an empty disk."""
        self._disks += 1
        watch = JournalWatch(f"disk {self._disks}")
        rules = program(self.trade).offline
        assert rules is not None, "the simulated program has a floor"  # noqa: S101
        floor = FloorWatch(rules)
        key = self._random.randbytes(32)
        return Disk(
            number=self._disks,
            image=None,
            key=key,
            watch=watch,
            floor=floor,
            lots=LotWatch(),
            vouchers=VoucherWatch(),
        )

    def copy_disk(self, disk: Disk) -> Disk:
        """Copy a disk whole."""
        self._disks += 1
        return disk.copy(self._disks)

    def open_store(self, name: str) -> Device:
        """Open a store with one device, an empty disk and a network."""
        return self.add_device(name, name, self.new_disk())

    def add_device(self, name: str, store: str, disk: Disk) -> Device:
        """Start one more agent of a store on a disk."""
        device = Device(
            name=name,
            address=DeviceAddress(tenant=TENANT, store=store, device="edge"),
            disk=disk,
            house=self,
            time=DeviceTime(self.world, name),
            dice=Random(self._random.random()),
            feed=self.mix.feed,
        )
        self.truth.stores.add(str(device.address))
        self.devices.append(device)
        device.start()
        return device

    @property
    def running(self) -> list[Device]:
        """The agents that run now."""
        return [device for device in self.devices if device.running]

    def lost(self, device: Device) -> None:
        """A disk is gone: what head office holds of it is all that can be asked for."""
        self.truth.lost(device, self.office.watch.hashes())

    def set_weather(self) -> None:
        """Let the network be as this history's mix has it."""
        mix = self.mix
        self.network.weather = Weather(
            drop=mix.drop, duplicate=mix.duplicate, late_s=(0.001, max(0.002, mix.late_s))
        )

    def advance(self, seconds: float) -> None:
        """Let time pass; everybody has a look now and then."""
        begin_s = self.world.now_s
        for mark_s in (*(mark for mark in _MARKS_S if mark < seconds), seconds):
            self.schedule.run_until(begin_s + mark_s)
            self.turn()

    def cut_off(self, device: Device, for_s: float) -> None:
        """Take a store's network away for a while, if it has any."""
        address = str(device.address)
        if address not in self.network.cut:
            self.tell(f"{device.name}: cut off for {for_s:.0f} s")
            self.network.cut_off(address)
            self.schedule.after(for_s, lambda: self.network.mend(address))

    def cloned(self, device: Device) -> None:
        """A copy of a disk runs elsewhere: from now on two boxes claim to be one."""
        self.truth.cloned.add(str(device.address))
        self.truth.doubtful.add(str(device.address))

    def look_into_halts(self) -> None:
        """Somebody looks at stores that were halted: one box stays, the others are taken away."""
        for address in sorted({str(each.address) for each in self.running}):
            boxes = [each for each in self.running if str(each.address) == address]
            if not any(each.talk.halted for each in boxes):
                continue
            for other in boxes[1:]:
                self.tell(f"{other.name}: the box is taken away")
                self.lost(other)
                other.crash()
                self.devices.remove(other)
            self.tell(f"{boxes[0].name}: somebody has looked, and lets it go on")
            self.office.release(boxes[0].address)
            self.truth.caught.add(address)

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Let messages come and go while a customer waits."""
        end_s = self.world.now_s + seconds
        while not is_over() and self.world.now_s < end_s:
            self.schedule.run_until(min(end_s, self.world.now_s + _BLINK_S))
            self.office.turn()

    def is_settled(self) -> bool:
        """Say whether every store has an open session and nothing left to send."""
        return not self.unsettled()

    def unsettled(self) -> list[str]:
        """Name who has not."""
        found = []
        for device in self.running:
            waiting = device.ledger.epochs.unacknowledged
            session = device.talk.session.state
            if waiting or session != "open" or device.ledger.frozen is not None:
                found.append(f"{device.name}: {session}, {waiting} entries wait")
        return found

    def close(self) -> None:
        """Leave nothing behind."""
        for device in self.running:
            device.ledger.stop()
        self.office.close()

    def turn(self) -> None:
        """Have every device and head office look what is due."""
        for device in self.running:
            device.turn()
        self.office.turn()

"""Mischief: faults, done to a house. Each is told in the story."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sync.simulation.cardholders import Cardholders
from sync.simulation.clerks import Clerks
from sync.simulation.clocks import DAY_S
from sync.simulation.device import Device, Disk
from sync.simulation.network import Direction

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Mischief"]

_KEPT = 4
"""How many older images of each disk, and of head office's database, lie about."""


class Mischief:
    """Does at each step what the mix of the history and the dice want."""

    def __init__(self, house: "House", steps: int, cardholders: Cardholders) -> None:
        self._house = house
        self._late = max(2, steps * 2 // 3)
        """From this step on what the dice have left out is done, so that some steps follow it."""
        self._images: dict[str, list[Disk]] = {}
        self._steps = 0
        self._done: set[str] = set()
        """What was really done: there may be no image to set a disk back to."""
        clerks = Clerks(house)
        self._kinds: dict[str, Callable[[], None]] = {
            "cut": self._cut,
            "one_way": self._block,
            "wipe": self._wipe,
            "crash": self._crash,
            "clock": self._set_clock,
            "lose": self._lose,
            "restore": self._restore,
            "clone": self._clone,
            "office_restore": self._restore_office,
            "long_away": self._long_away,
            "scope": self._change_scope,
            "version": lambda: self._do("version", clerks.new_version),
            "erase": lambda: self._do("erase", clerks.forget),
            "one_card_twice": lambda: self._do("one_card_twice", cardholders.one_card_twice),
            "hand_over": lambda: self._do("hand_over", clerks.hand_over),
        }

    def step(self) -> None:
        """Perhaps do something, once."""
        house = self._house
        sure = house.mix.sure
        self._steps += 1
        is_half = sure is not None and self._steps == self._late // 2
        if house.mix.restore and (house.dice.random() < 0.2 or is_half):
            for device in house.running:
                older = self._images.setdefault(device.name, [])
                older.append(house.copy_disk(device.save()))
                del older[:-_KEPT]
        if house.mix.office_restore and (house.dice.random() < 0.1 or is_half):
            house.office.keep_snapshot()
        if sure is not None and self._steps >= self._late and sure not in self._done:
            self._kinds[sure]()
            return
        for name in self._kinds:
            chance: float = getattr(house.mix, name)
            if chance and house.dice.random() < chance:
                self._kinds[name]()
                return

    def _do(self, what: str, doing: Callable[[], bool]) -> None:
        """Do what may be impossible now, and remember whether it was."""
        if doing():
            self._done.add(what)

    def _some(self) -> Device | None:
        running = self._house.running
        return self._house.dice.choice(running) if running else None

    def _cut(self) -> None:
        device, house = self._some(), self._house
        if device is not None and str(device.address) not in house.network.cut:
            house.cut_off(device, house.dice.choice((2.0, 15.0, 60.0, 300.0)))

    def _long_away(self) -> None:
        device, house = self._some(), self._house
        if device is not None:
            house.tell(f"{device.name}: cut off for 72 hours")
            self._done.add("long_away")
            house.network.cut_off(str(device.address))
            house.schedule.after(3 * DAY_S, lambda: house.network.mend(str(device.address)))
            house.stretch = 3_600.0

    def _block(self) -> None:
        device, house = self._some(), self._house
        if device is not None:
            way: Direction = "up" if house.dice.random() < 0.5 else "down"
            house.tell(f"{device.name}: nothing goes {way} for a while")
            house.network.blocked.add((str(device.address), way))
            house.schedule.after(
                house.dice.uniform(3, 60), lambda: house.network.mend(str(device.address))
            )

    def _wipe(self) -> None:
        self._house.tell("the broker is killed and forgets everything")
        self._house.network.wipe()

    def _crash(self) -> None:
        device = self._some()
        if device is not None:
            self._house.tell(f"{device.name}: the power goes")
            device.crash()
            self._start_again(device, self._house.dice.uniform(1, 20))

    def _start_again(self, device: Device, after_s: float) -> None:
        device.time.reboot()
        self._house.schedule.after(after_s, device.start)

    def _set_clock(self) -> None:
        device, house = self._some(), self._house
        if device is not None:
            wrong_by_s = house.dice.choice((0.0, -DAY_S, DAY_S, -1.7e9, 3.8e8, 7_200.0))
            house.tell(f"{device.name}: the clock is set wrong by {wrong_by_s:.0f} s")
            device.time.wrong_by_s = wrong_by_s

    def _lose(self) -> None:
        device, house = self._some(), self._house
        if device is not None:
            house.tell(f"{device.name}: the disk is lost")
            self._done.add("lose")
            device.crash()
            house.lost(device)
            device.disk = house.new_disk()
            self._start_again(device, 5)

    def _restore(self) -> None:
        device, house = self._some(), self._house
        older = self._images.get(device.name) if device is not None else None
        if device is not None and older:
            disk = house.copy_disk(house.dice.choice(older))
            device.crash()
            self._done.add("restore")
            house.tell(
                f"{device.name}: the disk is set back from {device.disk.watch.head} to "
                f"{disk.watch.head}"
            )
            house.lost(device)
            device.disk = disk
            self._start_again(device, 5)

    def _clone(self) -> None:
        device, house = self._some(), self._house
        if device is not None and len(house.devices) < 5:
            house.tell(f"{device.name}: a copy of its disk runs in another box")
            self._done.add("clone")
            house.cloned(device)
            clone = house.add_device(
                f"{device.name}-clone", device.shop, house.copy_disk(device.save())
            )
            clone.lanes = dict(device.lanes)

    def _change_scope(self) -> None:
        device = self._some()
        if device is not None:
            device.feed = "all" if device.feed == "seen" else "seen"
            told = "all members" if device.feed == "all" else "its own members alone"
            self._house.tell(f"{device.name}: is set up to hear of {told}")
            self._done.add("scope")
            device.crash()
            self._start_again(device, 1)

    def _restore_office(self) -> None:
        self._house.office.restore()
        if self._house.office.restored:
            self._done.add("office_restore")

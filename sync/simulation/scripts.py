"""Hand-made histories: the turn of events that a rare mistake needs, and dice seldom bring.

Each is played by a house whose network is fast and loses nothing, then healed and held to
everything, as any other history is.
"""

from collections.abc import Callable

from sync.link import Arrived
from sync.simulation.device import Device, Disk
from sync.simulation.house import House

__all__ = [
    "Script",
    "a_forgotten_epoch",
    "an_older_ledger_goes_on",
    "an_older_ledger_goes_on_unseen",
    "floor_at_many_members",
    "floor_at_one_member",
    "grant_after_the_epoch",
    "one_store_is_back_first",
    "the_power_goes",
]

Script = Callable[[House], None]

_MEMBERS_SPEND = 15_000
"""What a member buys for, so that there is something to redeem: 150 points."""


def the_power_goes(house: House) -> None:
    """A store that is cut off loses its power right after a sale was answered."""
    first, card = house.devices[0], house.customers.cards[0]
    _begin(house)
    _member(house, first, card)
    _cut_off(house, first)
    house.customers.buy(first, card, 2_000)
    _power(first)
    house.advance(5)


def a_forgotten_epoch(house: House) -> None:
    """Head office forgets an epoch of which it had everything, and the one that followed."""
    first, card = house.devices[0], house.customers.cards[0]
    _cut_off(house, first)
    _member(house, first, card)
    house.office.keep_snapshot()
    _mend(house, first)
    _begin(house)
    house.customers.buy(first, card, 2_000)
    house.advance(60)
    house.office.restore()
    house.advance(400)


def an_older_ledger_goes_on(house: House) -> None:
    """A disk is set back, and writes another entry at the place that its till was told of."""
    first, card = house.devices[0], house.customers.cards[0]
    _begin(house)
    older = _with_holds(house, first, card, 1)
    _cut_off(house, first)
    house.customers.buy(first, card, 2_000)
    _set_back(house, first, older)
    house.advance(70)
    house.customers.hold(first, card, 10)


def an_older_ledger_goes_on_unseen(house: House) -> None:
    """A disk is set back and writes more, in the same places, than head office has of it."""
    first, card = house.devices[0], house.customers.cards[0]
    _begin(house)
    older = _with_holds(house, first, card, 3)
    house.customers.buy(first, card, 2_000)
    house.advance(20)
    _cut_off(house, first)
    _set_back(house, first, older)
    house.advance(70)
    _mend(house, first)
    house.advance(30)


def floor_at_one_member(house: House) -> None:
    """A member redeems twice at a store that is cut off and has no right to their points."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    _begin(house)
    _member(house, second, card)
    house.advance(40)
    _cut_off(house, first)
    house.customers.hold(first, card, 20)
    house.customers.hold(first, card, 20)


def floor_at_many_members(house: House) -> None:
    """Several members redeem at a store that is cut off, together more than it was allowed."""
    first, second, *_ = house.devices
    _begin(house)
    for card in house.customers.cards:
        _member(house, second, card)
    house.advance(40)
    _cut_off(house, first)
    for card in house.customers.cards:
        house.customers.hold(first, card, 20)


def one_store_is_back_first(house: House) -> None:
    """Head office forgets what one store was granted; that one is away, and another one asks."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    _begin(house)
    _member(house, second, card)
    house.advance(30)
    house.office.keep_snapshot()
    house.customers.hold(first, card, 90)  # it asks, and is granted what it needs
    house.customers.buy(second, None, 2_000)
    house.advance(30)
    _cut_off(house, first)
    house.office.restore()
    house.advance(400)
    house.customers.hold(second, card, 90)
    house.advance(30)


def grant_after_the_epoch(house: House) -> None:
    """A grant comes again when the epoch that it was for is over."""
    first, second, *_ = house.devices
    card, grants = house.customers.cards[0], list[Arrived]()
    _begin(house)
    _member(house, second, card)
    house.advance(30)
    older = house.copy_disk(first.save())
    first.overheard = grants.append
    house.customers.hold(first, card, 90)
    house.advance(30)
    _set_back(house, first, older)
    house.advance(60)
    for each in grants:
        if each.topic.endswith("/grant"):
            first.receive(each)
    house.advance(30)


def _begin(house: House) -> None:
    """Let every store be welcomed."""
    house.advance(20)
    house.advance(20)


def _member(house: House, device: Device, card: str) -> None:
    house.customers.enrol(device, card)
    house.customers.buy(device, card, _MEMBERS_SPEND)
    house.advance(5)


def _with_holds(house: House, device: Device, card: str, times: int) -> Disk:
    """Answer a disk with so many open holds, each of which will be ended by its time."""
    _member(house, device, card)
    for _ in range(times):
        house.customers.hold(device, card, 10)
    house.advance(5)
    return house.copy_disk(device.save())


def _cut_off(house: House, device: Device) -> None:
    house.tell(f"{device.name}: cut off")
    house.network.cut_off(str(device.address))


def _mend(house: House, device: Device) -> None:
    house.tell(f"{device.name}: back")
    house.network.mend(str(device.address))


def _power(device: Device) -> None:
    device.house.tell(f"{device.name}: the power goes, and comes")
    device.crash()
    device.time.reboot()
    device.start()


def _set_back(house: House, device: Device, disk: Disk) -> None:
    house.tell(f"{device.name}: the disk is set back to {disk.watch.head}")
    device.crash()
    house.lost(device)
    device.disk = disk
    device.time.reboot()
    device.start()

"""What hand-made histories are put together from."""

from collections.abc import Callable

from sync.hub.deciding import merge_accounts
from sync.link import Arrived
from sync.simulation.device import Device, Disk
from sync.simulation.house import House
from sync.simulation.program import TENANT

__all__ = [
    "Script",
    "account_of",
    "begin",
    "cut_off",
    "member",
    "mend",
    "merge",
    "overhear",
    "power",
    "set_back",
    "with_holds",
]

Script = Callable[[House], None]

_MEMBERS_SPEND = 15_000
"""What a member buys for, so that there is something to redeem: 150 points."""


def begin(house: House) -> None:
    """Let every store be welcomed."""
    house.advance(20)
    house.advance(20)


def member(house: House, device: Device, card: str) -> None:
    """Somebody becomes a member, and gets 150 points."""
    house.customers.enrol(device, card)
    house.customers.buy(device, card, _MEMBERS_SPEND)
    house.advance(5)


def with_holds(house: House, device: Device, card: str, times: int) -> Disk:
    """Answer a disk with so many open holds, each of which will be ended by its time."""
    member(house, device, card)
    for _ in range(times):
        house.customers.hold(device, card, 10)
    house.advance(5)
    return house.copy_disk(device.save())


def cut_off(house: House, device: Device) -> None:
    """Take the network from a store."""
    house.tell(f"{device.name}: cut off")
    house.network.cut_off(str(device.address))


def mend(house: House, device: Device) -> None:
    """Give it back."""
    house.tell(f"{device.name}: back")
    house.network.mend(str(device.address))


def power(device: Device) -> None:
    """Take the power away, and give it back at once."""
    device.house.tell(f"{device.name}: the power goes, and comes")
    device.crash()
    device.time.reboot()
    device.start()


def set_back(house: House, device: Device, disk: Disk) -> None:
    """Put another disk into a device: an older one, or an empty one."""
    house.tell(f"{device.name}: the disk is set back to {disk.watch.head}")
    device.crash()
    house.lost(device)
    device.disk = disk
    device.time.reboot()
    device.start()


def overhear(device: Device, kind: str) -> list[Arrived]:
    """Answer a list that will hold each message of a kind that comes to a device."""
    heard: list[Arrived] = []

    def hear(message: Arrived) -> None:
        if message.topic.endswith(f"/{kind}"):
            heard.append(message)

    device.overheard = hear
    return heard


def account_of(house: House, card: str) -> str:
    """Answer the account that head office knows a card by."""
    ((account,),) = house.office.rows("SELECT account FROM cards WHERE token = ?", card)
    return str(account)


def merge(house: House, card: str, into: str) -> None:
    """A clerk finds that the holders of two cards are one person."""
    at, old, new = house.world.at, account_of(house, card), account_of(house, into)
    house.tell(f"head office: {old} is merged into {new}")
    house.office.decide(lambda c: merge_accounts(c, TENANT, old, new, now=at, reason="one person"))

"""The truth: what every disk has ever said, and which of it nobody can be blamed for losing.

It also adds up, for each account, by how much it may come to owe points at most: what was redeemed
on the floor, what came back of sales whose points were spent, and what a sale gave at a second
device. A debt beyond that is points that were spent twice, which no rule allows. Where a disk was
set back or copied, or head office's database was, what is redeemed from then on may have been
spent before: the exceptions that DESIGN names.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, CreateReward, ReturnSale, VoidSale

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["Truth"]


@dataclass(slots=True)
class Truth:
    """Counts what all journals hold together."""

    entries: int = 0
    dead: dict[int, set[bytes]] = field(default_factory=dict)
    """Disks that are gone: the hashes of what head office had of them."""
    cloned: set[str] = field(default_factory=set)
    """Addresses that two boxes claimed to be."""
    caught: set[str] = field(default_factory=set)
    """Those of them that head office halted."""
    doubtful: set[str] = field(default_factory=set)
    """Addresses whose disk was set back or copied."""
    office_doubtful: bool = False
    may_owe: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _sold: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def saw(self, device: "Device", entry: Entry) -> None:
        """An entry was committed somewhere."""
        self.entries += 1
        fact, may_owe = entry.fact, self.may_owe
        if isinstance(fact, CreateReward):
            doubtful = self.office_doubtful or str(device.address) in self.doubtful
            may_owe[fact.account] += fact.points if doubtful else fact.floor
        elif isinstance(fact, ReturnSale | VoidSale) and fact.account is not None:
            may_owe[fact.account] += max(0, fact.from_active + fact.lease)
        elif isinstance(fact, AccumulatePoints):
            said = self._sold.setdefault(fact.sale_id, [])
            said.append((fact.account or "", fact.points))
            if len(said) > 1:  # which of them counts is head office's to say
                for account, points in said:
                    may_owe[account] += points

    def lost(self, device: "Device", held: set[bytes]) -> None:
        """A disk is gone: of what it answered, only what head office holds can be asked for."""
        self.dead[device.disk.number] = held
        self.doubtful.add(str(device.address))

    def office_restored(self, held: set[bytes]) -> None:
        """Head office forgot something that a disk which is gone cannot send again."""
        self.office_doubtful = True
        self.dead = {disk: covered & held for disk, covered in self.dead.items()}

    def may_miss(self, disk: int, digest: bytes) -> bool:
        """Say whether an answer of a disk may be missing."""
        covered = self.dead.get(disk)
        return covered is not None and digest not in covered

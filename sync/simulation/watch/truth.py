"""The truth: what every disk has ever said, and which of it nobody can be blamed for losing.

It also adds up, for each account, by how much it may come to owe points at most: what was redeemed
on the floor, what came back of sales whose points were spent, and what a sale gave at a second
device. A debt beyond that is points that were spent twice, which no rule allows. What adds to it
beyond that are the exceptions that DESIGN names: a disk that was set back or copied redeems what
may have been spent before, gives back what was held and may have been captured, and takes back as
waiting what may have become active before; and a head office that was set back, and does not know
it yet, grants what it had granted already.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    CreateReward,
    DeleteReward,
    Fact,
    IssueVoucher,
    LeaseReturn,
    ReturnSale,
    VoidSale,
)

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["Truth"]

_GIVING = (AccumulatePoints, DeleteReward, LeaseReturn)
"""What lets head office give points to others."""


@dataclass(slots=True)
class Truth:
    """Counts what all journals hold together."""

    entries: int = 0
    stores: set[str] = field(default_factory=set)
    """The addresses of all devices that there are."""
    dead: dict[int, set[bytes]] = field(default_factory=dict)
    """Disks that are gone: the hashes of what head office had of them."""
    cloned: set[str] = field(default_factory=set)
    """Addresses that two boxes claimed to be."""
    caught: set[str] = field(default_factory=set)
    """Those of them that head office halted."""
    doubtful: set[str] = field(default_factory=set)
    """Addresses whose disk was set back or copied."""
    office_doubtful: bool = False
    unbound: set[str] = field(default_factory=set)
    """Accounts that a clerk had merged, and head office forgot it: what one of them earned another
    has spent, until somebody merges them again."""
    _may_owe: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _covered: dict[str, int] = field(default_factory=dict)
    """How much of each redemption rights covered, where no disk was in doubt yet."""
    _sales: dict[str, "_Sale"] = field(default_factory=dict)
    _sale_of: dict[bytes, str] = field(default_factory=dict)
    """By the hash of the entry that a device wrote a sale with: which sale."""
    _given: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    _of_disk: defaultdict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def saw(self, device: "Device", entry: Entry, digest: bytes) -> None:
        """An entry was committed somewhere."""
        self.entries += 1
        fact = entry.fact
        is_doubtful = str(device.address) in self.doubtful  # its branch's rights may not count
        if isinstance(fact, _GIVING) and fact.account is not None and fact.points > 0:
            self._given[digest] = (fact.account, fact.points)
            self._of_disk[device.disk.number].add(digest)
        if isinstance(fact, CreateReward | IssueVoucher):
            floor = fact.floor if isinstance(fact, CreateReward) else 0
            self._may_owe[fact.account] += fact.points if is_doubtful else floor
            if isinstance(fact, CreateReward) and not is_doubtful:
                covered = self._covered.get(fact.redemption_id, 0)
                self._covered[fact.redemption_id] = max(covered, fact.points - floor)
        elif isinstance(fact, DeleteReward) and is_doubtful:
            # Another copy of the disk may have captured what was held when they parted.
            self._may_owe[fact.account] += min(fact.lease, self._covered.pop(fact.redemption_id, 0))
        else:
            self._saw_sale(device, fact, digest, is_doubtful)

    def _saw_sale(self, device: "Device", fact: Fact, digest: bytes, is_doubtful: bool) -> None:
        if isinstance(fact, ReturnSale | VoidSale):
            back = max(0, fact.from_active + (0 if is_doubtful else fact.lease))
            sale = self._sales.setdefault(fact.sale_id, _Sale())
            sale.came_back(fact.account, back)
            sale.came_back_waiting(fact.from_pending, is_doubtful)
        elif isinstance(fact, AccumulatePoints):
            self._sales.setdefault(fact.sale_id, _Sale()).sold(fact.account, fact.points)
            self._sale_of[digest] = fact.sale_id
        elif isinstance(fact, ActivatePoints):
            for lot in fact.lots:
                sold = self._sale_of.get(device.disk.watch.entries[lot.epoch, lot.seq])
                if sold is not None:
                    self._sales[sold].became_active(lot.points)

    def most_owed(self, accounts: Iterable[str]) -> int:
        """Answer how much the accounts of one member may owe together at most."""
        family = set(accounts)
        by_sales = sum(each.most_owed(family) for each in self._sales.values())
        return by_sales + sum(self._may_owe[account] for account in family)

    def granted_blindly(self, account: str, points: int) -> None:
        """Head office was set back, does not know it yet, and grants."""
        self._may_owe[account] += points

    def lost(self, device: "Device", held: set[bytes]) -> None:
        """A disk is gone: of what it answered, only what head office holds can be asked for."""
        number = device.disk.number
        self.dead[number] = held
        self.doubtful.add(str(device.address))
        if self.office_doubtful:
            self._never_again(self._of_disk[number] - held)

    def office_restored(self, held: set[bytes], parted: Iterable[str]) -> None:
        """Head office forgot something that a disk which is gone cannot send again; ``parted`` are
        the accounts that are not merged any more.
        """
        self.office_doubtful = True
        self.unbound |= set(parted)
        for disk, covered in self.dead.items():
            self._never_again((self._of_disk[disk] & covered) - held)
        self.dead = {disk: covered & held for disk, covered in self.dead.items()}

    def _never_again(self, digests: set[bytes]) -> None:
        """Points that head office heard of, may have granted to others, and will not hear again."""
        for digest in digests:
            account, points = self._given.pop(digest, ("", 0))
            self._may_owe[account] += points

    def may_miss(self, disk: int, digest: bytes) -> bool:
        """Say whether an answer of a disk may be missing."""
        covered = self.dead.get(disk)
        return covered is not None and digest not in covered


@dataclass(slots=True)
class _Sale:
    """What was written of one sale: by several devices, perhaps, and not for the same member."""

    gifts: list[tuple[str, int]] = field(default_factory=list)
    returns: list[tuple[str | None, int]] = field(default_factory=list)
    """Who gave points back, and how many of them no right covered."""
    active: int = 0
    """How many of its points that waited became active, on the disk on which the most did."""
    waited: int = 0
    """How many came back while they waited."""
    doubted: int = 0
    """How many of these did where another copy of the disk may have made them active."""

    def sold(self, account: str | None, points: int) -> None:
        """A device wrote the sale."""
        if account is not None and points > 0:
            self.gifts.append((account, points))

    def became_active(self, points: int) -> None:
        """The wait was over: the points joined the rights of the device."""
        self.active = max(self.active, points)

    def came_back(self, account: str | None, uncovered: int) -> None:
        """Some of it came back, or all."""
        self.returns.append((account, uncovered))

    def came_back_waiting(self, points: int, is_doubtful: bool) -> None:
        """Some of its points were taken back while they waited."""
        self.waited += points
        self.doubted += points if is_doubtful else 0

    def most_owed(self, family: set[str]) -> int:
        """Answer what the sale may leave a member owing: never more than it gave.

        A sale counts once, whoever wrote it. A return at a device that did not know whose sale it
        is takes from whoever had the points. What a copy of a disk took back as waiting is owed as
        far as another copy had made it active: these have rights to it until a person writes them
        off, and the sale is worth so much less.
        """
        ours = [points for account, points in self.gifts if account in family]
        given = sum(ours)
        if not given:
            return 0
        if len(ours) < len(self.gifts) or any(
            account is None or account not in family for account, _ in self.returns
        ):
            return given
        twice = given - max(ours)
        parted = min(self.doubted, max(0, self.active + self.waited - max(ours)))
        return min(given, twice + parted + sum(uncovered for _, uncovered in self.returns))

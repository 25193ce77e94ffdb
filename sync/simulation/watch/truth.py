"""The truth: what every disk has ever said, and which of it nobody can be blamed for losing.

It also adds up, for each account, by how much it may come to owe points at most: what was redeemed
on the floor, what came back of sales whose points were spent, and what a sale gave at a second
device. A debt beyond that is points that were spent twice, which no rule allows. What adds to it
beyond that are the exceptions that ARCHITECTURE.md names: a disk that was set back or copied
redeems what may have been spent before, gives back what was held and may have been captured,
takes back as waiting what may have become active before, and has rights to what became active on a
copy, too, and was granted or had run out by then; and a head office that was set back, and does
not know it yet, grants what it had granted already. All but the third are possible only where
another copy of the disk contradicts the entry (:mod:`sync.simulation.watch.forks`): else its rights
cover it.
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
from sync.simulation.watch.forks import Forks, Place

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
    _let_go: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By account: what head office granted, or let run out."""
    _forks: Forks = field(default_factory=Forks)
    _covered: dict[str, dict[Place, tuple[str, int]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """Whose points each redemption or voucher took, and how many of them rights covered."""
    _released: dict[str, dict[Place, int]] = field(default_factory=lambda: defaultdict(dict))
    """By redemption: rights that came back with its points."""
    _sales: dict[str, "_Sale"] = field(default_factory=dict)
    _sale_of: dict[bytes, str] = field(default_factory=dict)
    """By the hash of the entry that a device wrote a sale with: which sale."""
    _given: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    _of_disk: defaultdict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def saw(self, device: "Device", entry: Entry, digest: bytes) -> None:
        """An entry was committed somewhere."""
        self.entries += 1
        fact = entry.fact
        place = self._forks.saw(str(device.address), entry, digest)
        if isinstance(fact, _GIVING) and fact.account is not None and fact.points > 0:
            self._given[digest] = (fact.account, fact.points)
            self._of_disk[device.disk.number].add(digest)
        if isinstance(fact, CreateReward | IssueVoucher):
            floor = fact.floor if isinstance(fact, CreateReward) else 0
            self._may_owe[fact.account] += floor
            name = fact.redemption_id if isinstance(fact, CreateReward) else fact.code
            self._covered[name][place] = (fact.account, fact.points - floor)
        elif isinstance(fact, DeleteReward):
            self._released[fact.redemption_id][place] = fact.lease
        else:
            self._saw_sale(device, fact, digest, place)

    def _saw_sale(self, device: "Device", fact: Fact, digest: bytes, place: Place) -> None:
        if isinstance(fact, ReturnSale | VoidSale):
            sale = self._sales.setdefault(fact.sale_id, _Sale())
            sale.came_back(fact.account, fact.from_active, fact.lease, place)
            # Another copy may have made them active in an epoch of its own.
            sale.came_back_waiting(fact.from_pending, str(device.address) in self.doubtful)
        elif isinstance(fact, AccumulatePoints):
            self._sales.setdefault(fact.sale_id, _Sale()).sold(fact.account, fact.points)
            self._sale_of[digest] = fact.sale_id
        elif isinstance(fact, ActivatePoints):
            for lot in fact.lots:
                sold = self._sale_of.get(device.disk.watch.entries[lot.epoch, lot.seq])
                if sold is not None:
                    has_rights = fact.lease > 0 and lot.epoch == place[1]
                    self._sales[sold].became_active(lot.points, has_rights, place)

    def most_owed(self, accounts: Iterable[str]) -> int:
        """Answer how much the accounts of one member may owe together at most."""
        family = set(accounts)
        by_sales = sum(each.most_owed(family, self._forks) for each in self._sales.values())
        by_forks = sum(self._most_by_forks(name, family) for name in self._covered)
        twice = sum(each.most_active_twice(family, self._forks) for each in self._sales.values())
        let_go = min(twice, sum(self._let_go[account] for account in family))
        exempt = sum(self._may_owe[account] for account in family)
        return by_sales + by_forks + let_go + exempt

    def _most_by_forks(self, name: str, family: set[str]) -> int:
        """Answer how much is owed of what a redemption took by rights, as these may not count; or
        as its points came back on one copy of a disk, while another may have captured them.
        """
        contradict, taken = self._forks.contradict, self._covered[name]
        ours = {at: points for at, (account, points) in taken.items() if account in family}
        owed = sum(points for at, points in ours.items() if contradict(at))
        held = max((points for at, points in ours.items() if not contradict(at)), default=0)
        back = (lease for at, lease in self._released[name].items() if contradict(at))
        return owed + min(held, max(back, default=0))

    def added(self, account: str, points: int) -> None:
        """Head office adds points to a sale, and takes them again when that comes back."""
        self._may_owe[account] += points

    def granted(self, account: str, points: int, *, blindly: bool) -> None:
        """Head office grants; ``blindly`` where it was set back and does not know it yet."""
        self._let_go[account] += points
        self._may_owe[account] += points if blindly else 0

    def ran_out(self, account: str, points: int) -> None:
        """Head office let points run out."""
        self._let_go[account] += points

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
    returns: list[tuple[str | None, int, int, Place]] = field(default_factory=list)
    """Who gave points back, how many, by how much rights changed for them, and where."""
    activations: list[tuple[int, bool, Place]] = field(default_factory=list)
    """How many of its points that waited became active, whether with rights, and where."""
    waited: int = 0
    """How many came back while they waited."""
    doubted: int = 0
    """How many of these did where another copy of the disk may have made them active."""

    def sold(self, account: str | None, points: int) -> None:
        """A device wrote the sale."""
        if account is not None and points > 0:
            self.gifts.append((account, points))

    def became_active(self, points: int, has_rights: bool, place: Place) -> None:
        """The wait was over, on a disk."""
        self.activations.append((points, has_rights, place))

    def came_back(self, account: str | None, points: int, lease: int, place: Place) -> None:
        """Some of it came back, or all."""
        self.returns.append((account, points, lease, place))

    def came_back_waiting(self, points: int, is_doubtful: bool) -> None:
        """Some of its points were taken back while they waited."""
        self.waited += points
        self.doubted += points if is_doubtful else 0

    def most_owed(self, family: set[str], forks: Forks) -> int:
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
            account is None or account not in family for account, *_ in self.returns
        ):
            return given
        twice = given - max(ours)
        active = max((points for points, *_ in self.activations), default=0)
        parted = min(self.doubted, max(0, active + self.waited - max(ours)))
        uncovered = sum(
            max(0, points + (0 if forks.contradict(place) else lease))
            for _, points, lease, place in self.returns
        )
        return min(given, twice + parted + uncovered)

    def most_active_twice(self, family: set[str], forks: Forks) -> int:
        """Answer how many points one copy of a disk may have rights to and another made active,
        too: of these is owed what head office granted or let run out before it heard of the rights.
        """
        if not any(account in family for account, _ in self.gifts):
            return 0
        active = [points for points, *_ in self.activations]
        by_right = sum(
            points
            for points, has_rights, place in self.activations
            if has_rights and forks.contradict(place)
        )
        return min(by_right, sum(active) - max(active, default=0))

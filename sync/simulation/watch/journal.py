"""What every entry of a store's journal must keep, seen as it is committed.

Rights are counted here anew, from the entries alone: what was granted in this epoch plus what each
entry changed. A projection that counted otherwise would be caught by what it lets through.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from agent.core.entry import GENESIS, Entry, Position, link_hash
from agent.core.facts import (
    AccumulatePoints,
    CreateReward,
    DeleteReward,
    HoldVoucher,
    IssueVoucher,
    LeaseGrant,
    LeaseReturn,
    OpenEpoch,
    ReturnSale,
    VoidSale,
)
from agent.core.postings import lease_of, postings_of
from sync.simulation.watch.violations import hold

__all__ = ["JournalWatch"]


@dataclass(slots=True)
class _Sold:
    """What a sale came to, and what of it came back."""

    total_minor: int
    points: int
    returned_minor: int = 0
    taken_back: int = 0


@dataclass(slots=True)
class JournalWatch:
    """Follows one journal, entry by entry. A disk that is copied takes its watch along."""

    name: str
    head: Position = field(default_factory=lambda: Position(epoch=0, seq=0, hash=GENESIS))
    opened: bool = False
    frozen: bool = False
    granted: dict[str, int] = field(default_factory=dict)
    changed: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[str, int] = field(default_factory=dict)
    """The rights that each redemption of the present epoch took and has not given back."""
    sold: dict[str, _Sold] = field(default_factory=dict)
    answered: set[tuple[str, int]] = field(default_factory=set)
    """The recalls that were answered in the present epoch."""
    returned: tuple[int, int] = (0, 0)
    """Where rights went back last."""
    entries: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """The hash after each entry."""

    def right(self, account: str) -> int:
        """Answer what this device may spend of an account."""
        return self.granted.get(account, 0) + self.changed[account]

    def saw(self, canonical: bytes, said: date) -> Entry:
        """Hold one more entry. ``said`` is the shop's day."""
        entry = Entry.read(canonical)
        fact = entry.fact
        if isinstance(fact, OpenEpoch):
            self._begin(entry, fact)
        place = f"{self.name}: entry {entry.epoch}:{entry.seq}"
        follows = (entry.epoch, entry.seq) == (self.head.epoch, self.head.seq + 1)
        hold("I7", follows, f"{place} follows {self.head}")
        digest = link_hash(self.head.hash, canonical)
        self.head = Position(epoch=entry.epoch, seq=entry.seq, hash=digest)
        self.entries[entry.epoch, entry.seq] = digest
        total = sum(posting.points for posting in postings_of(fact))
        hold("I3", total == 0, f"{place}: its postings sum to {total}")
        self._count_rights(entry, place)
        self._count_sale(entry, place, said)
        return entry

    def _begin(self, entry: Entry, fact: OpenEpoch) -> None:
        place = f"{self.name}: epoch {entry.epoch}"
        hold("I10", entry.epoch > self.head.epoch, f"{place} follows epoch {self.head.epoch}")
        parent = (fact.parent_epoch, fact.parent_seq, fact.parent_hash)
        ours = (self.head.epoch, self.head.seq, self.head.hash.hex())
        hold("I7", parent == ours, f"{place} names {parent} as its parent, not {ours}")
        self.head = Position(epoch=entry.epoch, seq=0, hash=GENESIS)
        self.opened = fact.cause == "welcomed"
        self.frozen = fact.cause in ("restored", "rebuilt")
        self.granted.clear()
        self.changed.clear()
        self.held.clear()
        self.answered.clear()

    def _count_rights(self, entry: Entry, place: str) -> None:
        fact = entry.fact
        if isinstance(fact, LeaseGrant):
            hold("I10", self.opened, f"{place}: a grant in an epoch without head office's word")
            before = self.granted.get(fact.account, 0)
            self.granted[fact.account] = max(before, fact.granted_total)
        elif isinstance(fact, LeaseReturn):
            self._answer(entry, fact, place)
        elif isinstance(fact, HoldVoucher):
            hold("I11", not self.frozen, f"{place}: takes a voucher on a ledger that is frozen")
        change = lease_of(fact)
        account = getattr(fact, "account", None)
        if isinstance(fact, CreateReward):
            covered = fact.points - fact.floor
            hold(
                "I5",
                -change == covered and fact.floor >= 0,
                f"{place}: redeems {fact.points}, {fact.floor} of them floor, by rights to "
                f"{-change}",
            )
            hold("I10", self.opened, f"{place}: redeems without head office's word")
            self.held[fact.redemption_id] = covered
        elif isinstance(fact, IssueVoucher):
            covered = -change == fact.points
            hold("I5", covered, f"{place}: a voucher for {fact.points}, by rights to {-change}")
        elif isinstance(fact, DeleteReward):
            left = self.held.get(fact.redemption_id, 0) - change
            hold("I5", left >= 0, f"{place}: gives back {-left} more rights than it took")
            self.held[fact.redemption_id] = left
        if change and account is not None:
            may_gain = change < 0 or self.opened
            hold("I10", may_gain, f"{place}: {change} rights in an epoch that was not opened")
            self.changed[account] += change
            right = self.right(account)
            hold("I5", right >= 0, f"{place}: leaves {right} rights of {account}")

    def _answer(self, entry: Entry, fact: LeaseReturn, place: str) -> None:
        self.returned = (entry.epoch, entry.seq)
        if fact.recall:
            recall = (fact.account, fact.recall)
            hold("I2", recall not in self.answered, f"{place}: recall {recall} a second time")
            self.answered.add(recall)

    def _count_sale(self, entry: Entry, place: str, said: date) -> None:
        fact = entry.fact
        if isinstance(fact, AccumulatePoints):
            sale = fact.sale
            hold(
                "I13",
                entry.business_date == sale.business_date == said,
                f"{place}: a sale of {said} counts on {entry.business_date}",
            )
            hold("I2", fact.sale_id not in self.sold, f"{place}: {fact.sale_id} a second time")
            self.sold[fact.sale_id] = _Sold(sale.total_minor, fact.points)
        elif isinstance(fact, ReturnSale | VoidSale):
            sold = self.sold.get(fact.sale_id)
            if sold is None:
                return
            back_minor = fact.amount_minor if isinstance(fact, ReturnSale) else 0
            sold.returned_minor += back_minor
            sold.taken_back += fact.from_active + fact.from_pending
            holds = sold.returned_minor <= sold.total_minor and sold.taken_back <= max(
                0, sold.points
            )
            hold(
                "I14",
                holds,
                f"{place}: {sold.returned_minor} of {sold.total_minor} and {sold.taken_back} of "
                f"{sold.points} points came back of {fact.sale_id}",
            )

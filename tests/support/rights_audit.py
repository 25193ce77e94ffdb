"""An auditor who reads a device's journal and trusts nothing else: its rights, and its floor.

It knows the program's caps, what head office allowed, and what it had acknowledged at the time.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from agent.core.entry import Entry
from agent.core.facts import (
    CreateReward,
    DeleteReward,
    IssueVoucher,
    LeaseGrant,
    LeaseReturn,
    OpenEpoch,
    RedeemReward,
)
from agent.core.postings import lease_of

__all__ = ["Audit"]


@dataclass(slots=True)
class _Held:
    epoch: int
    covered: int
    floor: int


@dataclass(slots=True)
class Audit:
    """Raises AssertionError at the first entry that no device may write."""

    caps: dict[str, int]
    merged: set[str] = field(default_factory=set)
    allowed: int = 0
    acknowledged: tuple[int, int] = (0, 0)
    opened: bool = False
    granted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    change: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    answered: set[tuple[str, int]] = field(default_factory=set)
    held: dict[str, _Held] = field(default_factory=dict)
    floors: list[tuple[tuple[int, int], str, str, int]] = field(default_factory=list)
    seen: tuple[int, int] = (0, 0)
    """The place of the newest entry that was read."""

    def right(self, account: str) -> int:
        """What may be spent of an account."""
        return self.granted[account] + self.change[account]

    def look(self, entries: list[Entry]) -> None:
        """Read what is new."""
        for entry in entries:
            self._read(entry)
            self.seen = (entry.epoch, entry.seq)

    def _read(self, entry: Entry) -> None:
        fact, account = entry.fact, getattr(entry.fact, "account", None) or ""
        if isinstance(fact, OpenEpoch):
            self.opened = fact.cause == "welcomed"
            self.allowed = 0
            for kept in (self.granted, self.change, self.answered):
                kept.clear()
            return
        if isinstance(fact, LeaseGrant):
            assert self.opened
            assert fact.granted_total > self.granted[account], entry
            self.granted[account] = fact.granted_total
            return
        lease = lease_of(fact)
        assert self.opened or lease == 0, entry
        assert lease <= 0 or account not in self.merged, entry
        self.change[account] += lease
        assert self.right(account) >= 0, entry
        self._ends(entry)

    def _ends(self, entry: Entry) -> None:
        match entry.fact:
            case LeaseReturn(account=account, recall=recall):
                assert (account, recall) not in self.answered, entry
                self.answered |= {(account, recall)} if recall else set()
            case CreateReward() as fact:
                assert self.opened, entry
                assert fact.points == fact.floor - fact.lease, entry
                self.held[fact.redemption_id] = _Held(entry.epoch, -fact.lease, fact.floor)
                if fact.floor:
                    self._beyond(entry, fact)
            case RedeemReward() as fact:
                held = self.held[fact.redemption_id]
                assert fact.points <= held.covered + held.floor, entry
                assert held.epoch == entry.epoch, entry
            case DeleteReward() as fact:
                held = self.held[fact.redemption_id]
                assert fact.lease <= (held.covered if held.epoch == entry.epoch else 0), entry
                held.covered -= fact.lease
            case IssueVoucher() as fact:
                assert -fact.lease == fact.points, entry

    def _beyond(self, entry: Entry, fact: CreateReward) -> None:
        day, place = str(entry.business_date), (entry.epoch, entry.seq)
        self.floors.append((place, fact.account, day, fact.floor))
        waiting = [
            points
            for at, account, _, points in self.floors
            if account == fact.account and at > self.acknowledged
        ]
        of_day = sum(points for _, _, said, points in self.floors if said == day)
        of_epoch = sum(points for at, _, _, points in self.floors if at[0] == entry.epoch)
        assert fact.account not in self.merged, entry
        assert fact.floor <= self.caps["per_redemption"], entry
        assert sum(waiting) <= self.caps["per_account"], entry
        assert len(waiting) <= self.caps["hard_count"], entry
        assert of_day <= self.caps["per_day"], entry
        assert of_epoch <= self.allowed, entry

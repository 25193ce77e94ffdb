"""Members who were forgotten: nothing of them is left, and whoever has their card is alive (I15).

Who is forgotten is told by head office's decisions alone, in their order: which accounts were one
person's when that was decided. So a member who was merged with one who is forgotten, or made of
such a one's card, and is thought to be forgotten as well, shows.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AdjustPoints,
    ClaimSale,
    CreateReward,
    EraseMember,
    IssueVoucher,
    MergeAccounts,
)
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["ForgottenWatch", "hold_nothing_new", "hold_nothing_personal"]

_BEGINS = (AccumulatePoints, ClaimSale, CreateReward, IssueVoucher, AdjustPoints)
"""What a store begins for a member; a hold of theirs may still end, and a sale come back."""

_DECIDED = "SELECT seq, canonical FROM decisions WHERE seq > ? ORDER BY seq"

_STAND = "SELECT account, coalesce(root, account), state, available, active FROM accounts"

_WRITTEN = """
SELECT canonical FROM entries WHERE account IS NOT NULL
UNION ALL SELECT canonical FROM decisions WHERE account IS NOT NULL
"""

_HAVE = """
SELECT account, active + pending + held FROM accounts WHERE root IS NULL AND state = 'active'
"""

_WITH_DEVICES = """
SELECT coalesce(accounts.root, accounts.account), devices.store,
sum(rights.granted + rights.change)
FROM rights JOIN devices ON devices.journal_id = rights.journal_id
JOIN accounts ON accounts.account = rights.account GROUP BY 1, 2
"""


@dataclass(slots=True)
class ForgottenWatch:
    """Follows what head office decides. ``rows`` asks its tables."""

    rows: Callable[..., list[Any]]
    seen: int = 0
    root: dict[str, str] = field(default_factory=dict)
    """Which account stands for one that was merged."""
    forgotten: set[str] = field(default_factory=set)
    """Each account that was a forgotten member's when they were."""

    def begin_anew(self) -> None:
        """The database was set back: what it still holds was decided."""
        self.seen = 0
        self.root.clear()
        self.forgotten.clear()

    def committed(self) -> None:
        """Hold what was decided since the last time."""
        for seq, canonical in self.rows(_DECIDED, self.seen):
            self.seen = seq
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, EraseMember):
                its = self._root(fact.account)
                self.forgotten.add(its)
                self.forgotten |= {each for each in self.root if self._root(each) == its}
            elif isinstance(fact, MergeAccounts):
                old, new = self._root(fact.account), self._root(fact.into)
                both = {old in self.forgotten, new in self.forgotten}
                words = f"{old} and {new} are merged, and one of them was forgotten"
                hold("I15", len(both) == 1, words)
                self.root[old] = new

    def _hold_earned(self) -> None:
        """Hold that nobody has more than their own sales gave them, and head office by decision:
        whoever has the card of one who was forgotten least of all.
        """
        if not self.forgotten:
            return
        by_sale: dict[tuple[str, str], int] = {}
        given: defaultdict[str, int] = defaultdict(int)
        for (canonical,) in self.rows(_WRITTEN):
            fact = Entry.read(bytes(canonical)).fact
            if isinstance(fact, AccumulatePoints | ClaimSale) and fact.account is not None:
                sale = (self._root(fact.account), fact.sale_id)
                by_sale[sale] = max(by_sale.get(sale, 0), fact.points)
            elif isinstance(fact, AdjustPoints) and fact.points > 0:
                given[self._root(fact.account)] += fact.points
        for (root, _), points in by_sale.items():
            given[root] += points
        for root, points in self.rows(_HAVE):
            most = given[root]
            hold("I15", points <= most, f"{root} has {points} points, where {most} were earned")

    def _root(self, account: str) -> str:
        while account in self.root:
            account = self.root[account]
        return account

    def hold_at_rest(self) -> None:
        """Hold that who was forgotten has nothing, and that nobody else is taken for forgotten.

        What a lost disk has rights to is neither theirs nor the program's until a person writes it
        off. Where it came back meanwhile, less than nothing is left beside those rights.
        """
        self.committed()
        for account, root, state, available, active in self.rows(_STAND):
            is_forgotten = account in self.forgotten
            words = f"{account} is {state}, and was {'' if is_forgotten else 'not '}forgotten"
            hold("I15", (state == "erased") == is_forgotten, words)
            if account == root and is_forgotten:
                has_nothing = available == 0 or available < 0 <= active
                hold("I15", has_nothing, f"{account} was forgotten, and has {available} points")
        for root, store, right in self.rows(_WITH_DEVICES):
            if root in self.forgotten:
                words = f"{root} was forgotten, and {store} has rights to {right} of their points"
                hold("I15", right == 0, words)
        self._hold_earned()


def hold_nothing_new(device: "Device", entry: Entry) -> None:
    """Hold that a store begins nothing for a member of whom it heard that they are forgotten."""
    fact = entry.fact
    if isinstance(fact, _BEGINS) and fact.account is not None:
        told = device.ledger.view.mirrored(device.ledger.view.root(fact.account))
        heard = told is not None and told.erased
        what = f"{device.name}: entry {entry.epoch}:{entry.seq} is a {type(fact).__name__}"
        hold("I15", not heard, f"{what} for {fact.account}, who is known to be forgotten")


def hold_nothing_personal(device: "Device", forgotten: set[str]) -> None:
    """Hold that a store keeps nothing personal of members who were forgotten."""
    kept = device.ledger.connection.execute("SELECT account FROM profiles").fetchall()
    of_these = sorted({account for (account,) in kept} & forgotten)
    hold("I15", not of_these, f"{device.name}: still knows who {of_these} were")

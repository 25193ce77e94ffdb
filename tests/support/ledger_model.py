"""The ledger as a child would keep it: a notebook of dicts and lists, added up by hand.

Nothing here is clever, nothing is taken from the ledger's own code, and nothing is checked: the
notebook writes down what it is told, and is only told what can be.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ledger_days import DayBook
from ledger_progress import Progress
from ledger_vouchers import VoucherBook, VoucherFact

from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Enrol,
    Fact,
    IssueVoucher,
    LeaseGrant,
    LeaseReturn,
    OpenEpoch,
    RedeemReward,
    ReturnSale,
    VoidSale,
)

__all__ = ["Hold", "LotNote", "Notebook", "Place", "SaleNote"]

Place = tuple[int, int]
Rows = list[tuple[object, ...]]


@dataclass(slots=True)
class LotNote:
    """Points that came together; ``until`` names the day before which they wait."""

    day: str
    place: Place
    points: int
    until: str | None = None


@dataclass(slots=True)
class Hold:
    """Points set aside, with the lots they came from and what the device's rights covered."""

    place: Place
    account: str
    expires_at: str
    points: int
    covered: int
    captured: int = 0
    released: int = 0
    reward: str | None = None
    sale_id: str | None = None
    parts: list[LotNote] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What still waits."""
        return self.points - self.captured - self.released

    @property
    def is_back(self) -> bool:
        """Whether all of it was given back: then it can be held anew."""
        return self.released == self.points


@dataclass(slots=True)
class SaleNote:
    """A sale, and what has come back of it."""

    place: Place
    account: str | None
    total_minor: int
    points: int
    returned_minor: int = 0
    taken_back: int = 0
    voided: Place | None = None
    claimed: Place | None = None
    redeemed: int = 0
    given_back: int = 0
    rewarded: int = 0
    spend_minor: int | None = None
    currency: str = "USD"

    @property
    def is_whole_back(self) -> bool:
        """Whether neither money nor points are left of it."""
        nothing_left = self.returned_minor == self.total_minor and self.taken_back >= self.points
        something = self.total_minor > 0 or self.points > 0
        return self.voided is not None or (nothing_left and something)

    @property
    def came_back(self) -> bool:
        """Whether nothing is left of it that could be called off."""
        is_whole = 0 < self.total_minor == self.returned_minor
        nothing_owed = self.taken_back >= self.points and self.given_back >= self.redeemed
        return self.voided is not None or (is_whole and nothing_owed)


class Notebook:
    """Who has how much, of what, and why."""

    def __init__(self) -> None:
        self.balances: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.lots: defaultdict[str, list[LotNote]] = defaultdict(list)
        self.holds: dict[str, Hold] = {}
        self.sales: dict[str, SaleNote] = {}
        self.accounts: dict[str, tuple[Any, ...]] = {}
        self.day_book = DayBook()
        self.cards: dict[str, tuple[str, str, str | None]] = {}
        self.leases: dict[str, list[int]] = {}
        self.recalls: set[tuple[str, int]] = set()
        self.floors: list[tuple[int, int, str, str, int]] = []
        self.progress = Progress()
        self.purchases: defaultdict[str, int] = defaultdict(int)
        self.vouchers = VoucherBook()
        self.redeemed_on: dict[str, str] = {}
        self.returns: dict[tuple[str, str], Place] = {}
        self.epochs: dict[int, tuple[str, str, str]] = {}

    def right(self, account: str) -> int:
        """What this device may spend of an account: granted, and every change since."""
        return sum(self.leases.get(account, [0, 0]))

    def write(self, fact: Fact, place: Place, day: str) -> None:
        """Write one fact down. ``day`` is the business date it counts under."""
        self._lease(fact)
        self._note_day(fact, place, day)
        match fact:
            case AccumulatePoints() | AccumulatePromotionPoints() | ClaimSale():
                self._earn(fact, place, day)
            case ActivatePoints():
                self._activate(fact)
            case CreateReward() | RedeemReward() | DeleteReward():
                self._redeem(fact, place, day)
            case ReturnSale() | VoidSale():
                self._unsell(fact, place, day)
            case AdjustPoints() if fact.points > 0:
                self._move(("program", "adjusted"), (fact.account, "active"), fact.points)
                self._put(fact.account, LotNote(day, place, fact.points))
            case AdjustPoints():
                self._take(fact.account, -fact.points)
                self._move((fact.account, "active"), ("program", "adjusted"), -fact.points)
            case Enrol() | AddCard() | CardState():
                self._card(fact, day)
            case OpenEpoch():
                self.leases.clear()
                self.recalls.clear()
                self.epochs[place[0]] = (fact.incarnation, fact.cause, fact.reason)
            case _ if isinstance(fact, VoucherFact):
                self.vouchers.write(fact, place, day)
                if isinstance(fact, IssueVoucher) and fact.points:
                    self._pay(fact, day)
            case _:
                pass  # said, and that is all

    def _pay(self, fact: IssueVoucher, day: str) -> None:
        self._take(fact.account, fact.points)
        self._move((fact.account, "active"), ("program", "redeemed"), fact.points)
        self._see(fact.account)
        self.redeemed_on[fact.account] = max(self.redeemed_on.get(fact.account, ""), day)

    def _note_day(self, fact: Fact, place: Place, day: str) -> None:
        sale = self.sales.get(getattr(fact, "sale_id", None) or "")
        of_sale = (
            ("", 0) if sale is None else (sale.currency, sale.total_minor - sale.returned_minor)
        )
        self.day_book.write(fact, place, day, *of_sale)

    def _lease(self, fact: Fact) -> None:
        if isinstance(fact, LeaseGrant):
            lease = self.leases.setdefault(fact.account, [0, 0])
            lease[0] = max(lease[0], fact.granted_total)
        if isinstance(fact, LeaseReturn):
            self.recalls.add((fact.account, fact.recall))
        change = -fact.points if isinstance(fact, LeaseReturn) else getattr(fact, "lease", 0)
        if change:
            self.leases.setdefault(fact.account, [0, 0])[1] += change  # type: ignore[union-attr]  # every kind with a lease has an account

    def _move(self, source: tuple[str, str], target: tuple[str, str], points: int) -> None:
        """Points leave one place and arrive at another; none are made, none are lost."""
        self.balances[source] -= points
        self.balances[target] += points

    def _put(self, account: str, lot: LotNote) -> None:
        """Lay points that just became active on the heap: what was owed is paid first."""
        owed_before = max(0, lot.points - self.balances[account, "active"])
        left = lot.points - min(lot.points, owed_before)
        same = [old for old in self.lots[account] if (old.day, old.place) == (lot.day, lot.place)]
        if left and same:
            same[0].points += left
        elif left:
            self.lots[account].append(replace(lot, points=left, until=None))
            self.lots[account].sort(key=lambda old: (old.day, old.place))

    def _take(
        self, account: str, points: int, first: Place | None = None, *, waiting: bool = False
    ) -> list[LotNote]:
        """Take points of one sort off the heap: of one named lot first, then of the oldest."""
        heap = [lot for lot in self.lots[account] if (lot.until is not None) == waiting]
        taken = []
        for lot in sorted(heap, key=lambda lot: lot.place != first):
            part = min(points, lot.points)
            points -= part
            lot.points -= part
            if part:
                taken.append(replace(lot, points=part))
        self._sweep(account)
        return taken

    def _sweep(self, account: str) -> None:
        self.lots[account] = [lot for lot in self.lots[account] if lot.points]

    def pending_lot(self, account: str | None, place: Place) -> int:
        """How much of what an entry brought is still waiting."""
        lots = self.lots[account] if account is not None else []
        return sum(lot.points for lot in lots if lot.place == place and lot.until is not None)

    def _earn(
        self, fact: AccumulatePoints | AccumulatePromotionPoints | ClaimSale, place: Place, day: str
    ) -> None:
        earned_by = place
        if isinstance(fact, AccumulatePoints):
            self.sales[fact.sale_id] = sale = SaleNote(
                place, fact.account, fact.summary.total_minor, fact.points
            )
            sale.spend_minor = fact.spend_minor
            self.progress.sell(fact, fact.summary.business_date)
            if fact.account is not None:
                self._see(fact.account)
                self.purchases[fact.account] += 1
                self._redeemed_before(fact.sale_id, fact.account)
                enrolled, *_, last_day, last_cashier, in_a_row = self.accounts[fact.account]
                seen = (fact.summary.business_date, fact.summary.cashier)
                same_cashier = (last_cashier or "").lower() == seen[1].lower()
                again = in_a_row if same_cashier and seen[0] == last_day else 0
                self.accounts[fact.account] = (enrolled, *place, *seen, again + 1)
        elif isinstance(fact, ClaimSale):
            sale = self.sales[fact.sale_id]
            sale.account, sale.points, earned_by = fact.account, fact.points, sale.place
            sale.claimed, sale.spend_minor = place, fact.spend_minor
            day = day if fact.sold_on is None else fact.sold_on.isoformat()
            self.progress.sell(fact, day)
            self._see(fact.account)
            self.purchases[fact.account] += 1
            self._claim_as_last(fact.account, sale.place)
            self._redeemed_before(fact.sale_id, fact.account)
        elif fact.sale_id in self.sales and self.sales[fact.sale_id].account == fact.account:
            self.sales[fact.sale_id].points += fact.points  # what a promotion gave goes with it
        if fact.account is None or not fact.points:
            return
        lot = LotNote(day, earned_by, fact.points)
        if fact.pending_until is None:
            self._move(("program", "issued"), (fact.account, "active"), fact.points)
            self._put(fact.account, lot)
        else:
            self._move(("program", "issued"), (fact.account, "pending"), fact.points)
            self.lots[fact.account].append(replace(lot, until=fact.pending_until.isoformat()))
            self.lots[fact.account].sort(key=lambda old: (old.day, old.place))

    def _see(self, account: str) -> None:
        """Somebody who may have been enrolled elsewhere is at the till."""
        self.accounts.setdefault(account, (None, None, None, None, None, 0))

    def _claim_as_last(self, account: str, place: Place) -> None:
        """The claimed sale is the member's last one, unless they bought something since."""
        enrolled, epoch, seq, *seen = self.accounts.get(account, ("", None, None))
        if account in self.accounts and (seq is None or (epoch, seq) < place):
            self.accounts[account] = (enrolled, *place, *seen)

    def _activate(self, fact: ActivatePoints) -> None:
        for part in fact.lots:
            lots = self.lots[fact.account]
            (lot,) = (one for one in lots if one.place == (part.epoch, part.seq))
            lots.remove(lot)
            self._move((fact.account, "pending"), (fact.account, "active"), part.points)
            self._put(fact.account, lot)

    def _redeem(
        self, fact: CreateReward | RedeemReward | DeleteReward, place: Place, day: str
    ) -> None:
        active, held = (fact.account, "active"), (fact.account, "held")
        if isinstance(fact, CreateReward):
            hold = Hold(place, fact.account, fact.expires_at, fact.points, -fact.lease)
            hold.reward, hold.sale_id = fact.reward, fact.sale_id
            hold.parts = self._take(fact.account, fact.points)
            if fact.floor:
                self.floors.append((*place, fact.account, day, fact.floor))
            self._move(active, held, fact.points)
            self.holds[fact.redemption_id] = hold
            return
        hold = self.holds[fact.redemption_id]
        if isinstance(fact, RedeemReward):
            hold.captured += fact.points
            self._move(held, ("program", "redeemed"), fact.points)
            self._see(fact.account)
            before = self.redeemed_on.get(fact.account, "")
            self.redeemed_on[fact.account] = max(before, day)
            _split_off(hold.parts, fact.points)
            hold.sale_id = fact.sale_id or hold.sale_id
            self._redeem_for(hold, fact.points)
            return
        hold.released += fact.points
        hold.covered -= fact.lease
        owed = min(fact.points, max(0, -self.balances[active]))
        self._move(held, active, fact.points)
        self._give_back(fact, hold, owed, LotNote(day, place, 0))

    def _redeem_for(self, hold: Hold, points: int) -> None:
        """Count spent points for the sale they were spent for, where it is there and theirs."""
        sale = self.sales.get(hold.sale_id or "")
        if sale is not None and sale.account == hold.account:
            sale.redeemed += points
            sale.rewarded += 0 if hold.reward is None else points

    def _redeemed_before(self, sale_id: str, account: str) -> None:
        for hold in self.holds.values():
            if (hold.sale_id, hold.account) == (sale_id, account):
                self._redeem_for(hold, hold.captured)

    def _give_back(self, fact: DeleteReward, hold: Hold, owed: int, own: LotNote) -> None:
        """Give points back to their lots, the youngest first; a debt keeps the last of them."""
        points = fact.points - owed
        hold.parts.reverse()
        for part in _split_off(hold.parts, fact.points):
            back = min(points, part.points)
            points -= back
            self._put(fact.account, replace(part, points=back))
        hold.parts.reverse()
        self._put(fact.account, replace(own, points=points))  # what came from no lot

    def _unsell(self, fact: ReturnSale | VoidSale, place: Place, day: str) -> None:
        sale = self.sales.get(fact.sale_id)
        if isinstance(fact, ReturnSale):
            self.returns[fact.sale_id, fact.return_id] = place
        if sale is not None:
            was_whole = sale.is_whole_back
            self._count_back(fact, sale, day)
            sale.taken_back += fact.from_active + fact.from_pending
            sale.given_back += fact.given_back
            if isinstance(fact, VoidSale):
                sale.voided = place
            sale.returned_minor += fact.amount_minor if isinstance(fact, ReturnSale) else 0
            if fact.account is not None:
                share = (sale.taken_back, sale.points)
                is_whole = sale.is_whole_back
                self.progress.give_back(fact.sale_id, share, whole=is_whole)
                if is_whole and not was_whole and self.purchases[fact.account]:
                    self.purchases[fact.account] -= 1
        if fact.account is None:
            return
        self.progress.unstamp(fact.account, fact)
        earned_by = (-1, -1) if sale is None else sale.place
        self._take(fact.account, fact.from_pending, first=earned_by, waiting=True)
        self._take(fact.account, fact.from_active, first=earned_by)
        self._move((fact.account, "pending"), ("program", "issued"), fact.from_pending)
        self._move((fact.account, "active"), ("program", "issued"), fact.from_active)
        self._move(("program", "redeemed"), (fact.account, "active"), fact.given_back)
        self._put(fact.account, LotNote(day, place, fact.given_back))

    def _count_back(self, fact: ReturnSale | VoidSale, sale: SaleNote, day: str) -> None:
        if fact.account is None or sale.spend_minor is None:
            return
        before = after = sale.returned_minor
        after = sale.total_minor if isinstance(fact, VoidSale) else before + fact.amount_minor
        left = [sale.spend_minor * part // max(1, sale.total_minor) for part in (before, after)]
        left[1] = sale.spend_minor if isinstance(fact, VoidSale) else left[1]
        taken = fact.from_active + fact.from_pending
        self.progress.bring_back(fact.account, day, taken, left[1] - left[0])

    def _card(self, fact: Enrol | AddCard | CardState, day: str) -> None:
        if isinstance(fact, Enrol):
            self._see(fact.account)
            self.accounts[fact.account] = (day, *self.accounts[fact.account][1:])
        if not isinstance(fact, CardState):
            self.cards[fact.token] = (fact.account, "active", None)
            return
        self.cards[fact.token] = (fact.account, fact.state, fact.replaced_by)
        if fact.replaced_by is not None:
            self.cards[fact.replaced_by] = (fact.account, "active", None)

    def day_of(self, fact: Fact, said: date | None, recorded_at: str) -> str:
        """Under which day a fact counts: the shop's, else its sale's, else the wall's."""
        if said is None and isinstance(fact, AccumulatePoints):
            said = fact.sale.business_date
        return recorded_at[:10] if said is None else said.isoformat()


def _split_off(parts: list[LotNote], points: int) -> list[LotNote]:
    """Take points off the front of a list of lots; answers what was taken."""
    taken = []
    for lot in parts:
        part = min(points, lot.points)
        points -= part
        lot.points -= part
        if part:
            taken.append(replace(lot, points=part))
    parts[:] = [lot for lot in parts if lot.points]
    return taken

"""Vouchers at the till: points become one, one is looked up.

A voucher is a bearer's: its code is all that is asked for, so it stands in no log. The points are
spent as it is issued; what a sale that used it gives back is the voucher, never points or money.
"""

from dataclasses import dataclass
from datetime import date

from agent.core.answer import JournalPosition
from agent.core.entry import Recorded
from agent.core.facts import IssueVoucher
from agent.core.phones import Phone
from agent.core.program import Program
from agent.core.receipt import Paper, receipt
from agent.core.values import Value
from agent.core.vouchers import (
    CODE_BYTES,
    MalformedCode,
    RandomBytes,
    Worth,
    code_of,
    is_good_on,
    read_code,
    worth_of,
)
from agent.ledger import Transaction, View, VoucherRow
from agent.till.members import find, member_of, parse_shown
from agent.till.refusals import InsufficientPoints, NotRedeemable, OfflineLimit
from agent.till.terms import Terms
from agent.till.voucher_refusals import (
    MalformedVoucher,
    UnknownVoucher,
    VoucherExpired,
    VoucherIdReused,
    VoucherUsed,
)
from agent.till.voucher_wishes import VoucherOrder
from agent.till.wishes import Wish, price

__all__ = [
    "Thing",
    "VoucherAnswer",
    "VoucherState",
    "day_of",
    "give_thing",
    "issue",
    "known_voucher",
    "look_up",
    "parse_code",
    "refuse_unusable",
    "voucher_answer",
]


class VoucherAnswer(Value):
    """A voucher that was issued for points."""

    voucher_id: str
    """The POS's own id of the voucher."""
    code: str
    """What its bearer shows: twelve characters and one that checks them, in groups of four."""
    value_minor: int
    """What it is worth, in minor units of its currency."""
    currency: str
    """ISO 4217, three capitals."""
    good_until: date | None
    """The last day on which it can be used: `YYYY-MM-DD`; null where it always can."""
    partner: bool
    """Whether it is for a partner of the program; it cannot be used here then."""
    points: int
    """Whole points that it cost."""
    account: str
    """The account of the member who got it."""
    balance: int
    """The member's active whole points after it."""
    receipt: tuple[str, ...]
    """The lines to print, each at most as wide as the lane's paper."""
    journal: JournalPosition
    """Where the voucher stands in the journal."""


class VoucherState(Value):
    """How a voucher stands."""

    code: str
    """Its code in its written form."""
    state: str
    """`issued`, `held`, `used`, `expired`, or `gone` where it was withdrawn."""
    say: str | None
    """Why it cannot be used here now, for the cashier; null where it can."""
    value_minor: int | None
    """What it is worth, in minor units of its currency; null where it is a thing."""
    currency: str | None
    """ISO 4217, three capitals; null where it is a thing."""
    reward: str | None
    """The thing that it is, a reward of the program by its id; null where it is money."""
    good_until: date | None
    """The last day on which it can be used: `YYYY-MM-DD`; null where it always can."""
    partner: bool
    """Whether it is for a partner of the program."""


def issue(
    transaction: Transaction,
    terms: Terms,
    voucher_id: str,
    order: VoucherOrder,
    random_bytes: RandomBytes,
) -> tuple[Recorded, bool]:
    """Turn points into a voucher; answers its entry, and whether it had been asked for before.

    Raises UnknownCard, CardBlocked, NotRedeemable, InsufficientPoints, OfflineLimit,
    VoucherIdReused; Frozen on a ledger that was rebuilt.
    """
    shown = parse_shown(order.token, terms)
    code = transaction.code_of_voucher(voucher_id)
    if code is not None:
        row = find(transaction, shown)
        account = row.account if row else None
        if account is None and not isinstance(shown, Phone):
            account = ""  # a card that nobody has had no voucher
        return _same(transaction, code, order, account), True
    transaction.refuse_frozen()
    member = member_of(transaction, shown)
    day = day_of(transaction, order.business_date)
    terms = terms.on(day)
    worth = _worth(terms.program, order, day)
    if member.balance < order.points:
        short = order.points - max(0, member.balance)
        raise InsufficientPoints(f"{short} points are missing: the balance is {member.balance}")
    if terms.usable(transaction, member) < order.points:
        raise OfflineLimit("so many points cannot be spent here before head office was heard")
    fact = IssueVoucher(
        account=member.account,
        code=_new_code(transaction, random_bytes),
        points=order.points,
        value_minor=worth.value_minor,
        currency=terms.program.currency,
        good_until=worth.good_until,
        partner=order.partner,
        voucher_id=voucher_id,
        lane=order.lane,
        cashier=order.cashier,
        lease=terms.lease(-order.points),
        balance=member.balance - order.points,
    )
    return transaction.append(fact, counts_on=day), False


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """A reward that costs no points: its id, its text in the program's first language, and the last
    day on which it is there, where there is one.
    """

    reward: str
    text: str
    good_until: date | None = None


def give_thing(
    transaction: Transaction,
    account: str,
    thing: Thing,
    random_bytes: RandomBytes,
    *,
    sale_id: str | None = None,
    lane: str | None = None,
    cashier: str | None = None,
) -> Recorded:
    """Give a member a voucher for a thing, such as a full stamp card's.

    One that came with a sale is withdrawn where that sale comes back whole before its use. Raises
    Frozen on a ledger that was rebuilt, which gives nothing.
    """
    fact = IssueVoucher(
        account=account,
        code=_new_code(transaction, random_bytes),
        reward=thing.reward,
        text=thing.text,
        good_until=thing.good_until,
        sale_id=sale_id,
        lane=lane,
        cashier=cashier,
        balance=transaction.balance(account),
    )
    return transaction.append(fact)


def look_up(view: View, typed: str, day: date) -> VoucherState:
    """Say how a voucher stands on a business date. Raises MalformedVoucher, UnknownVoucher."""
    row = known_voucher(view, parse_code(typed))
    is_over = row.state == "issued" and not is_good_on(row.good_until, day)
    try:
        refuse_unusable(row, day)
    except (VoucherUsed, VoucherExpired, NotRedeemable) as refused:
        say: str | None = str(refused)
    else:
        say = None
    return VoucherState(
        code=row.code,
        state="expired" if is_over else row.state,
        say=say,
        value_minor=row.value_minor,
        currency=row.currency,
        reward=row.reward,
        good_until=row.good_until,
        partner=row.partner,
    )


def parse_code(typed: str) -> str:
    """Read a code as it is typed. Raises MalformedVoucher with a sentence for the cashier."""
    try:
        return read_code(typed)
    except MalformedCode as malformed:
        raise MalformedVoucher(_WHY_NO_CODE[str(malformed)]) from None


def known_voucher(view: View, code: str) -> VoucherRow:
    """Find a voucher. Raises UnknownVoucher."""
    row = view.voucher(code)
    if row is None:
        raise UnknownVoucher(
            "this store knows no voucher with this code; read it again, or use it at the store "
            "that gave it"
        )
    return row


def refuse_unusable(row: VoucherRow, day: date) -> None:
    """Hold that a voucher can be used here on a business date.

    Raises VoucherUsed, VoucherExpired, NotRedeemable for one that is a partner's.
    """
    if row.partner:
        raise NotRedeemable("this voucher is for a partner of the program; it is not taken here")
    if row.state == "used":
        raise VoucherUsed("this voucher was used before")
    if row.state == "held":
        raise VoucherUsed("this voucher is held for another sale; that one has to end first")
    if row.state == "gone":
        raise VoucherExpired("this voucher was withdrawn: the sale that it came with came back")
    if not is_good_on(row.good_until, day):
        raise VoucherExpired(f"this voucher was good until {row.good_until}")


def day_of(transaction: Transaction, said: date | None) -> date:
    """Answer the business date that a voucher is judged on: as it is said, unless a trusted clock
    denies that it has come, or else the one that limits count on.
    """
    return transaction.today if said is None or transaction.denies(said) else said


def voucher_answer(recorded: Recorded, paper: Paper) -> VoucherAnswer:
    """Build the answer from the entry alone, so that a retry gets the same to the byte."""
    fact = recorded.entry.fact
    assert isinstance(fact, IssueVoucher), "a voucher is recorded as one"  # noqa: S101
    return VoucherAnswer(
        voucher_id=fact.voucher_id or "",
        code=fact.code,
        value_minor=fact.value_minor or 0,
        currency=fact.currency or "",
        good_until=fact.good_until,
        partner=fact.partner,
        points=fact.points,
        account=fact.account,
        balance=fact.balance or 0,
        receipt=receipt(fact, recorded.position, paper),
        journal=JournalPosition.of(recorded.position),
    )


def _same(
    transaction: Transaction, code: str, order: VoucherOrder, account: str | None
) -> Recorded:
    """Hold that a voucher's id stands for the same order; ``account`` None is whoever it was.

    Raises VoucherIdReused.
    """
    row = known_voucher(transaction, code)
    if (row.points, row.partner) != (order.points, order.partner) or account not in (
        None,
        row.account,
    ):
        raise VoucherIdReused("another voucher has this id; give this one an id of its own")
    recorded = transaction.entry_at(*row.place)
    if recorded is None:
        raise VoucherIdReused("a voucher with this id was issued; its entry is no longer kept here")
    return recorded


def _worth(program: Program, order: VoucherOrder, day: date) -> Worth:
    """Answer what the points are worth. Raises NotRedeemable."""
    price(program, Wish(token=order.token, points=order.points))
    assert program.discount is not None, "points have a price where they take money off"  # noqa: S101
    worth = worth_of(program.discount, order.points, day, partner=order.partner)
    if worth is None:
        raise NotRedeemable("this program has no partners that take its vouchers")
    return worth


def _new_code(transaction: Transaction, random_bytes: RandomBytes) -> str:
    """Make a code that no voucher has here; by chance alone none ever would."""
    while transaction.voucher(code := code_of(random_bytes(CODE_BYTES))) is not None:
        pass
    return code


_WHY_NO_CODE = {
    "length": "a voucher's code has 13 letters and digits; read it again",
    "character": "this is no voucher's code; read it again",
    "check": "one character of this code is wrong; read it again",
}

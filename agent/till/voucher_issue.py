"""Issuing vouchers: points become one.

The points are spent as it is issued, the oldest first; what a sale that used it gives back is the
voucher, never points or money. Those that are a thing come of full stamp cards (stamping.py) and
of rewards that cost nothing (things.py).
"""

from datetime import date

from agent.core.answer import JournalPosition
from agent.core.entry import Recorded
from agent.core.facts import IssueVoucher
from agent.core.phones import Phone
from agent.core.program import Program
from agent.core.receipt import Paper, receipt
from agent.core.values import Value
from agent.core.vouchers import RandomBytes, Worth, worth_of
from agent.ledger import Transaction
from agent.till.covering import By, cover, refuse_waiting
from agent.till.fitting import refuse_unproved
from agent.till.members import Shown, card_of, find, member_of, parse_shown
from agent.till.refusals import NotRedeemable
from agent.till.stamping import new_code
from agent.till.terms import Terms
from agent.till.voucher_refusals import VoucherIdReused
from agent.till.voucher_wishes import VoucherOrder
from agent.till.vouchers import day_of, known_voucher
from agent.till.wishes import Wish, price

__all__ = ["VoucherAnswer", "issue", "voucher_answer"]


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


def issue(
    transaction: Transaction,
    terms: Terms,
    voucher_id: str,
    order: VoucherOrder,
    random_bytes: RandomBytes,
    by: By = "lease",
) -> tuple[Recorded, bool]:
    """Turn points into a voucher; answers its entry, and whether it had been asked for before.

    Never on the floor: what it is worth leaves the store.

    Raises UnknownCard, CardBlocked, NotRedeemable, InsufficientPoints, OfflineLimit,
    VoucherIdReused; Frozen on a ledger that was rebuilt.
    """
    shown = parse_shown(order.token, terms)
    code = transaction.code_of_voucher(voucher_id)
    if code is not None:
        return _same(transaction, code, order, shown), True
    refuse_waiting(transaction, terms)
    member = member_of(transaction, shown)
    day = day_of(transaction, order.business_date)
    terms = terms.on(day)
    worth = _worth(terms.program, order, day)
    covered = cover(transaction, terms, member, order.points, "lease" if by == "floor" else by)
    refuse_unproved(transaction, terms.program, member, shown, order, order.points)
    fact = IssueVoucher(
        account=member.account,
        code=new_code(transaction, random_bytes),
        points=order.points,
        value_minor=worth.value_minor,
        currency=terms.program.currency,
        good_until=worth.good_until,
        partner=order.partner,
        voucher_id=voucher_id,
        lane=order.lane,
        cashier=order.cashier,
        lease=covered.lease,
        balance=member.balance - order.points,
        token=card_of(shown),
    )
    return transaction.append(fact, counts_on=day), False


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


def _same(transaction: Transaction, code: str, order: VoucherOrder, shown: Shown) -> Recorded:
    """Hold that a voucher's id stands for the same order. Raises VoucherIdReused.

    A telephone number may lead to nobody any more: its member was erased since.
    """
    row, voucher = find(transaction, shown), known_voucher(transaction, code)
    by_number = row is None and isinstance(shown, Phone)
    same_member = by_number or transaction.is_same_member(
        row.account if row else None, voucher.account
    )
    same_thing = (voucher.points, voucher.partner) == (order.points, order.partner)
    if not (same_member and same_thing):
        raise VoucherIdReused("another voucher has this id; give this one an id of its own")
    recorded = transaction.entry_at(*voucher.place)
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

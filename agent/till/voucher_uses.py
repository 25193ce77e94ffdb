"""Using vouchers: one is held before the customer pays, then used with the sale, or good again.

A redemption is of points or of a voucher, under one sort of id and by the same calls; what is asked
here of any redemption is answered for either.
"""

from datetime import datetime
from typing import Literal

from agent.core.answer import JournalPosition
from agent.core.facts import HoldVoucher, ReleaseVoucher, UseVoucher, VoucherReleaseReason
from agent.core.instant import rfc3339
from agent.ledger import Transaction, View, VoucherRow, VoucherUseRow
from agent.till import redemptions
from agent.till.covering import By, refuse_unheard
from agent.till.fitting import refuse_thing
from agent.till.redemptions import Answered, ByWhom, RedemptionAnswer
from agent.till.refusals import (
    NotRedeemable,
    RedemptionEnded,
    RedemptionIdReused,
    UnknownRedemption,
)
from agent.till.terms import Terms
from agent.till.voucher_wishes import VoucherWish
from agent.till.vouchers import day_of, known_voucher, parse_code, refuse_unusable
from agent.till.wishes import Part, Wish

__all__ = [
    "as_held",
    "capture",
    "free",
    "hold",
    "hold_voucher",
    "is_overdue",
    "release",
    "release_overdue",
    "use",
]

_MOST_AT_ONCE = 100

_STATUS: dict[str, Literal["held", "captured", "released"]] = {
    "held": "held",
    "used": "captured",
    "came_back": "captured",
    "released": "released",
}


def hold(
    transaction: Transaction,
    terms: Terms,
    redemption_id: str,
    wish: Wish,
    now: datetime,
    by: By = "floor",
) -> Answered:
    """Set points aside, as ``redemptions.hold``; an id of a voucher's is none of points."""
    if transaction.voucher_use(redemption_id) is not None:
        raise _reused()
    return redemptions.hold(transaction, terms, redemption_id, wish, now, by)


def hold_voucher(
    transaction: Transaction, terms: Terms, redemption_id: str, wish: VoucherWish, now: datetime
) -> Answered:
    """Set a voucher aside for one redemption.

    Raises MalformedVoucher, UnknownVoucher, VoucherUsed, VoucherExpired, NotRedeemable,
    RedemptionIdReused; Frozen on a ledger that was rebuilt.
    """
    code = parse_code(wish.voucher)
    known = transaction.voucher_use(redemption_id)
    if known is not None:
        made = as_held(transaction, known)
        if known.code != code or wish.sale_id not in (None, made.sale_id):
            raise _reused()
        return _answer(transaction, redemption_id), True
    if transaction.hold(redemption_id) is not None:
        raise _reused()
    refuse_unheard(transaction, terms)
    voucher = known_voucher(transaction, code)
    day = day_of(transaction, wish.business_date)
    refuse_unusable(voucher, day)
    program = terms.on(day).program
    refuse_thing(transaction, program, voucher.account, wish.sale_id, voucher.reward)
    transaction.append(
        HoldVoucher(
            redemption_id=redemption_id,
            account=voucher.account,
            code=code,
            expires_at=rfc3339(now + terms.hold_for),
            sale_id=wish.sale_id,
            lane=wish.lane,
            cashier=wish.cashier,
        )
    )
    return _answer(transaction, redemption_id), False


def capture(
    transaction: Transaction, terms: Terms, redemption_id: str, *, part: Part | None = None
) -> Answered:
    """Spend what is held, by itself: points as ``redemptions.capture``, or a voucher, whole.

    Raises as that does, RedemptionEnded where a voucher is held no more or its sale came back.
    """
    try:
        return redemptions.capture(transaction, redemption_id, terms, part=part)
    except UnknownRedemption:
        known = transaction.voucher_use(redemption_id)
        if known is None:
            raise
    if part is not None:
        raise NotRedeemable("a voucher is used whole; leave the points out")
    if known.state in ("used", "came_back"):
        return _answer(transaction, redemption_id), True
    if known.state == "released":
        raise RedemptionEnded("its voucher was given back before; hold it anew under another id")
    sale = None if known.sale_id is None else transaction.sale(known.sale_id)
    if sale is not None and (sale.voided is not None or sale.is_paid_back):
        raise RedemptionEnded("the sale it was held for came back; the voucher is good again soon")
    made = as_held(transaction, known)
    use(transaction, known, known.sale_id, ByWhom(lane=made.lane, cashier=made.cashier))
    return _answer(transaction, redemption_id), False


def release(transaction: Transaction, redemption_id: str) -> Answered:
    """Give back what is held, points or a voucher. Raises UnknownRedemption, RedemptionEnded."""
    try:
        return redemptions.release(transaction, redemption_id)
    except UnknownRedemption:
        known = transaction.voucher_use(redemption_id)
        if known is None:
            raise
    if known.state in ("used", "came_back"):
        raise RedemptionEnded("its voucher was used; void the sale to make it good again")
    if known.state == "released":
        return _answer(transaction, redemption_id), True
    free(transaction, known, "released")
    return _answer(transaction, redemption_id), False


def is_overdue(view: View, terms: Terms, now: datetime) -> bool:
    """Say whether some redemption was not ended in time. Four index look-ups."""
    is_of_points = redemptions.is_overdue(view, terms, now)
    return is_of_points or bool(_overdue(view, terms, now, at_most=1))


def release_overdue(
    transaction: Transaction, terms: Terms, now: datetime
) -> list[RedemptionAnswer]:
    """Give back what nobody ended in time, as ``redemptions.release_overdue`` does points."""
    released = redemptions.release_overdue(transaction, terms, now)
    for redemption_id in _overdue(transaction, terms, now, at_most=_MOST_AT_ONCE):
        known = transaction.voucher_use(redemption_id)
        assert known is not None, "what is overdue is held"  # noqa: S101
        free(transaction, known, "timed_out")
        released.append(_answer(transaction, redemption_id))
    return released


def _overdue(view: View, terms: Terms, now: datetime, *, at_most: int) -> list[str]:
    beyond = rfc3339(now + 2 * terms.hold_for)
    return view.overdue_vouchers(rfc3339(now), beyond=beyond, at_most=at_most)


def use(
    transaction: Transaction, known: VoucherUseRow, sale_id: str | None, by_whom: ByWhom
) -> None:
    """Write that a held voucher was used, for a sale where somebody said which."""
    transaction.append(
        UseVoucher(
            redemption_id=known.redemption_id,
            account=known_voucher(transaction, known.code).account,
            code=known.code,
            sale_id=sale_id,
            lane=by_whom.lane,
            cashier=by_whom.cashier,
        )
    )


def free(transaction: Transaction, known: VoucherUseRow, reason: VoucherReleaseReason) -> None:
    """Write that a voucher is good again."""
    transaction.append(
        ReleaseVoucher(
            redemption_id=known.redemption_id,
            account=known_voucher(transaction, known.code).account,
            code=known.code,
            reason=reason,
            sale_id=known.sale_id if reason == "sale_came_back" else None,
        )
    )


def as_held(view: View, known: VoucherUseRow) -> HoldVoucher:
    """Answer the entry that held it, or where that is no longer kept, what is still known of it."""
    recorded = view.entry_at(*known.place)
    if recorded is None:
        return HoldVoucher(
            redemption_id=known.redemption_id,
            account=known_voucher(view, known.code).account,
            code=known.code,
            expires_at=known.expires_at,
            sale_id=known.sale_id,
        )
    fact = recorded.entry.fact
    assert isinstance(fact, HoldVoucher), "a use points at the entry that held it"  # noqa: S101
    return fact


def _answer(view: View, redemption_id: str) -> RedemptionAnswer:
    known = view.voucher_use(redemption_id)
    assert known is not None, "it was found or written just now"  # noqa: S101
    voucher: VoucherRow = known_voucher(view, known.code)
    return RedemptionAnswer(
        redemption_id=redemption_id,
        status=_STATUS[known.state],
        authority="lease",
        account=voucher.account,
        lane=as_held(view, known).lane,
        reward=voucher.reward,
        points=0,
        captured=0,
        voucher=voucher.code,
        value_minor=voucher.value_minor,
        expires_at=known.expires_at,
        balance=view.balance(voucher.account),
        journal=JournalPosition.of(view.head()),
    )


def _reused() -> RedemptionIdReused:
    return RedemptionIdReused("another redemption has this id; give this one an id of its own")

"""Voids and returns: what a sale earned is taken back, what it redeemed given back, in points.

Never more than the sale itself: each return counts against what all of them together leave of it.
Points that are still pending are taken first as pending. A member whose points are spent already
goes into debt, which the next points pay. What is given back never joins this device's rights.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TypedDict

from agent.core.accumulate import accumulate
from agent.core.entry import Recorded
from agent.core.facts import AccumulatePoints, ReturnSale, VoidSale
from agent.core.taking_back import (
    ReturnExceedsSale,
    Share,
    after_lines,
    goods_back,
    is_all_back,
    money_off,
    rewards_left,
    share_left,
)
from agent.core.values import MOST_POINTS
from agent.ledger import KnownSale, Transaction, View
from agent.till.back import Back, Left, by_whom, left_by_amount
from agent.till.judging import as_then
from agent.till.members import find, shown_in
from agent.till.pending import activate_due
from agent.till.referring import lost_referral, referral_apart, take_from_referrer
from agent.till.refusals import (
    ReturnIdReused,
    ReturnTooLarge,
    SaleRecorded,
    SaleReturned,
    SaleVoided,
)
from agent.till.sales import sale_of
from agent.till.stamping import stamps_back
from agent.till.terms import Terms
from agent.till.voucher_sales import come_back

__all__ = ["RecordedBack", "take_back", "void"]


RecordedBack = tuple[Recorded, bool]
"""The entry that took something back, and whether it had stood there before."""


def void(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    *,
    lane: str | None,
    cashier: str | None,
    business_date: date | None = None,
) -> RecordedBack:
    """Call a whole sale off; what came back of it already is not taken twice.

    Raises UnknownSale, SaleReturned where all of it came back: the money, and every point.
    """
    sale = sale_of(transaction, sale_id)
    if sale.voided is not None:
        return _entry(transaction, sale_id, sale.voided), True
    taken = sale.points - sale.taken_back
    redeemed = sale.redeemed - sale.given_back
    if sale.is_paid_back and taken <= 0 and redeemed <= 0:
        raise SaleReturned("all of this sale came back already")
    activate_due(transaction, terms, business_date, sale.account)
    moved = _moved(transaction, terms, sale, taken, redeemed)
    _, paid = referral_apart(transaction, sale, sale_id)
    fact = VoidSale(
        sale_id=sale_id,
        without_customer=_is_later(transaction, sale, business_date),
        date_ahead=_is_ahead(transaction, business_date),
        stamps=stamps_back(transaction, terms, sale_id, sale, None),
        **moved,
        **lost_referral(terms, sale, paid),
        **by_whom(sale, lane, cashier),
    )
    recorded = transaction.append(fact, business_date=business_date)
    come_back(transaction, sale_id, goods=True)
    return take_from_referrer(transaction, terms, recorded, paid), False


def take_back(
    transaction: Transaction, terms: Terms, sale_id: str, return_id: str, back: Back
) -> RecordedBack:
    """Take back part of a sale.

    Raises UnknownSale, SaleVoided, ReturnTooLarge, ReturnIdReused, and SaleRecorded where lines
    come back of a sale whose basket is no longer kept.
    """
    sale = sale_of(transaction, sale_id)
    earlier = transaction.returns_of(sale_id)
    if return_id in earlier:
        return _same_return(transaction, sale_id, earlier[return_id], back), True
    if sale.voided is not None:
        raise SaleVoided("this sale was voided: all of it came back already")
    try:
        own, paid = referral_apart(transaction, sale, sale_id)
        left = _left(transaction, terms, own, tuple(earlier.values()), back)
    except ReturnExceedsSale as error:
        raise ReturnTooLarge(str(error)) from error
    activate_due(transaction, terms, back.business_date, sale.account)
    lost = lost_referral(terms, sale, paid, left.minor, left.share)
    taken = own.points - left.points - own.taken_back + lost["referral_points"]
    redeemed = sale.redeemed - left.redeemed - sale.given_back
    moved = _moved(transaction, terms, sale, taken, redeemed)
    fact = ReturnSale(
        sale_id=sale_id,
        return_id=return_id,
        amount_minor=sale.total_minor - left.minor - sale.returned_minor,
        lines=back.returned,
        stamps=stamps_back(transaction, terms, sale_id, sale, left.share),
        without_customer=_without_customer(transaction, terms, sale, back.token),
        date_ahead=_is_ahead(transaction, back.business_date),
        **moved,
        **lost,
        **by_whom(sale, back.lane, back.cashier),
    )
    recorded = transaction.append(fact, business_date=back.business_date)
    if left.minor == 0 < sale.total_minor:
        lines, _ = _came_back(transaction, tuple(earlier.values()), back)
        come_back(transaction, sale_id, goods=_is_all_back(sale, lines))
    return take_from_referrer(transaction, terms, recorded, paid), False


def _is_all_back(sale: KnownSale, lines: dict[int, Decimal]) -> bool:
    """Say whether every line is known to have come back."""
    return sale.recorded is not None and is_all_back(sale.recorded[0].sale, lines)


def _left(
    view: View, terms: Terms, sale: KnownSale, earlier: tuple[tuple[int, int], ...], back: Back
) -> Left:
    """Answer what all returns together leave of a sale.

    Raises ReturnExceedsSale, SaleRecorded.
    """
    lines, amounts_minor = _came_back(view, earlier, back)
    discounted = sale.redeemed - sale.rewarded  # money off is shared by money; a reward is a thing
    if not lines:
        return left_by_amount(sale, amounts_minor)
    if sale.recorded is None:
        raise SaleRecorded("the basket of this sale is no longer kept; return it by amount_minor")
    fact, basket = sale.recorded[0], sale.recorded[0].sale
    off = money_off(basket, _discounts(view, terms, sale, fact), things=sale.rewarded > 0)
    kept = after_lines(basket, lines, off)
    kept_minor = min(sale.total_minor, max(0, sum(line.amount_minor for line in kept.lines)))
    points = share_left(sale.points, sale.total_minor, sale.total_minor - kept_minor)
    then, program = as_then(view, sale, fact), terms.edition(fact.program)
    if then is not None and program is not None:  # rules that have changed since judge nothing
        points = min(sale.points, accumulate(program, kept, then).points)
    if amounts_minor:
        points = share_left(points, kept_minor, amounts_minor)
    # A coupon that comes back makes the rest worth more; what came back stays come back.
    unreturned_minor = sale.total_minor - sale.returned_minor - (back.amount_minor or 0)
    left_minor = min(kept_minor - amounts_minor, unreturned_minor)
    if left_minor < 0:
        raise ReturnExceedsSale("more would come back than was paid")
    came_back = (sale.total_minor, sale.total_minor - left_minor)
    # No money was paid to share by, or a thing of the catalogue took some of it off.
    if sale.total_minor == 0 or sale.rewarded:
        came_back = goods_back(basket, kept)
        if amounts_minor:
            discounted = share_left(discounted, kept_minor, amounts_minor)
    rewarded_left = rewards_left(basket, lines, off, sale.rewarded)
    redeemed = share_left(discounted, *came_back) + rewarded_left
    tier, unreturned = None if then is None else then.account.tier, kept_minor - amounts_minor
    share = Share(kept=kept, total_minor=kept_minor, left_minor=unreturned, tier=tier)
    return Left(points, left_minor, redeemed, share)


def _discounts(
    view: View, terms: Terms, sale: KnownSale, fact: AccumulatePoints
) -> tuple[int, ...]:
    """Answer what each discount took off that was redeemed for a sale; 0 where the program has
    changed since. It is asked only where rewards were had as well.
    """
    if sale.account is None or not 0 < sale.rewarded < sale.redeemed:
        return ()
    of_sale = view.holds_of_sale(fact.sale_id, sale.account)
    held = [(view.hold(redemption_id), captured) for redemption_id, captured, _ in of_sale]
    points = [captured for each, captured in held if captured and each and each.reward is None]
    program = terms.edition(fact.program)
    discount = None if program is None else program.discount
    if discount is None:
        return (0,) * len(points)
    return tuple(each * discount.worth_minor // discount.points for each in points)


def _came_back(
    view: View, earlier: tuple[tuple[int, int], ...], back: Back
) -> tuple[dict[int, Decimal], int]:
    """Add up the lines, and the money without lines, of all returns and this one."""
    lines: dict[int, Decimal] = defaultdict(Decimal)
    amounts_minor = back.amount_minor or 0
    for each in back.lines:
        lines[each.line] += Decimal(each.quantity)
    for place in earlier:
        recorded = view.entry_at(*place)
        fact = None if recorded is None else recorded.entry.fact
        if not isinstance(fact, ReturnSale):
            raise SaleRecorded("an earlier return of this sale is no longer kept to count it")
        for line in fact.lines:
            lines[line.line] += Decimal(line.quantity)
        amounts_minor += 0 if fact.lines else fact.amount_minor
    return lines, amounts_minor


def _same_return(view: View, sale_id: str, place: tuple[int, int], back: Back) -> Recorded:
    recorded = _entry(view, sale_id, place)
    fact = recorded.entry.fact
    assert isinstance(fact, ReturnSale), "returns point at the entries of returns"  # noqa: S101
    if not back.asks_for(fact.lines, None if fact.lines else fact.amount_minor):
        raise ReturnIdReused("another return has this id; give this one an id of its own")
    return recorded


def _without_customer(view: View, terms: Terms, sale: KnownSale, shown: str | None) -> bool:
    """Say whether a member's sale comes back and no card of theirs was shown; it stops nobody."""
    if sale.account is None:
        return False
    row = find(view, shown_in(shown, terms))
    return row is None or not view.is_same_member(row.account, sale.account)


def _is_ahead(transaction: Transaction, said: date | None) -> bool:
    """Say whether a business date has not come; what waits until then is active with it."""
    return said is not None and transaction.denies(said)


def _is_later(transaction: Transaction, sale: KnownSale, said: date | None) -> bool:
    """Say whether a member's sale is called off on a later day than its own."""
    if sale.account is None:
        return False
    day = said or transaction.business_date
    if day is None or transaction.denies(day):
        day = transaction.today
    return sale.recorded is None or day.isoformat() > sale.recorded[0].summary.business_date


def _entry(view: View, sale_id: str, place: tuple[int, int]) -> Recorded:
    recorded = view.entry_at(*place)
    if recorded is None:
        raise SaleRecorded(f"what came back of sale {sale_id} is recorded and no longer kept here")
    return recorded


def _split(view: View, sale: KnownSale, taken: int) -> tuple[int, int]:
    """Split points to take back into pending and active ones."""
    if sale.account is None or taken == 0:
        return 0, 0
    pending = min(taken, view.waiting(sale.account, sale.place))
    return pending, min(taken - pending, MOST_POINTS + view.balance(sale.account))


class _Moved(TypedDict):
    """What the entries of a void and of a return say alike about points."""

    account: str | None
    from_active: int
    from_pending: int
    given_back: int
    balance: int | None
    lease: int
    withheld: int
    pending: int | None


def _moved(view: View, terms: Terms, sale: KnownSale, taken: int, redeemed: int) -> _Moved:
    """Decide which points go, of so many that a sale earned, and come, of so many it redeemed."""
    pending, active = _split(view, sale, max(0, taken))
    redeemed = max(0, redeemed)
    given_back = terms.given(view, sale.account, redeemed)
    balance = None if sale.account is None else view.balance(sale.account)
    waiting = None
    if sale.account is not None and terms.program.return_window_days:
        waiting = view.balance(sale.account, "pending")
    return _Moved(
        account=sale.account,
        from_active=active,
        from_pending=pending,
        given_back=given_back,
        balance=None if balance is None else balance + given_back - active,
        lease=terms.taken_lease(view, sale.account, active),
        withheld=redeemed - given_back,
        # Less than what waits here, where another store took some of the sale back before.
        pending=None if waiting is None else max(0, waiting - pending),
    )

"""Sales: what a basket earns, once, whatever the POS does when it is not sure of the answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_bytes

from msgspec import Raw

from agent.core.basket import Sale
from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, SaleFlag, SaleStatus
from agent.core.money import format_money
from agent.core.phones import Phone
from agent.core.rewards import Shown as Asking
from agent.core.rewards import toward
from agent.core.vouchers import RandomBytes
from agent.ledger import AccountRow, KnownSale, Transaction, View
from agent.till.fitting import is_unfit
from agent.till.judging import judge, tier_after
from agent.till.members import Shown, find, shown_in
from agent.till.pending import activate_due
from agent.till.redemptions import ByWhom, capture
from agent.till.referring import pay_referrer
from agent.till.refusals import SaleIdReused, SaleRecorded, TillRefusal, UnknownSale
from agent.till.settling import Spending, named_by, settle
from agent.till.stamping import append_bought
from agent.till.terms import Terms
from agent.till.voucher_sales import of_points, refuse_names, use_with, using, with_vouchers

__all__ = ["RecordedSale", "commit", "sale_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedSale:
    """The fact of a sale, where it stands, whether it had stood there before, and the redemptions
    that were captured with it now.
    """

    fact: AccumulatePoints
    position: Position
    replay: bool
    captured: tuple[str, ...] = ()


def commit(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    sale: Sale,
    *,
    random_bytes: RandomBytes = token_bytes,
) -> RecordedSale:
    """Record a sale under the POS's own id with the redemptions it names, or find it recorded.

    Raises SaleIdReused, SaleRecorded, UnknownRedemption, RedemptionEnded.
    """
    day = sale.business_date
    terms = terms.on(day)
    shown = shown_in(sale.token, terms)
    card_shown = sale.token is not None
    # The journal keeps a card number in canonical form, and nothing that is not one.
    canonical = None if shown is None else str(shown)
    if sale.token != canonical:
        sale = sale.model_copy(update={"token": canonical})
    known = transaction.sale(sale_id)
    if known is not None:
        return _recorded_before(transaction, sale_id, known, sale, shown)
    row = find(transaction, shown)
    named = named_by(transaction, sale_id, sale, row)  # a sale that is refused writes nothing
    refuse_names(transaction, sale_id, sale, named)
    if activate_due(transaction, terms, day, row.account if row else None):
        row = find(transaction, shown)
    by_points = of_points(sale, named)
    spending = settle(transaction, terms, sale_id, by_points, row, named)
    vouchers = using(transaction, sale_id, sale, named, is_short=spending.is_short)
    spending = with_vouchers(spending, by_points, vouchers)
    if spending.capture:  # some may be held only since
        row = find(transaction, shown)
    status: SaleStatus = "accumulated" if row else "unknown_card" if card_shown else "no_card"
    fact = _judge(transaction, terms, sale_id, sale, row, status, spending)
    fact, recorded = append_bought(transaction, fact, random_bytes, business_date=day)
    pay_referrer(transaction, terms, fact, day)
    _capture(transaction, sale_id, sale, spending)
    use_with(transaction, sale_id, sale, vouchers)
    captured = (*spending.capture, *vouchers.redemptions)
    return RecordedSale(fact=fact, position=recorded.position, replay=False, captured=captured)


def _capture(transaction: Transaction, sale_id: str, sale: Sale, spending: Spending) -> None:
    by_whom = ByWhom(lane=sale.lane, cashier=sale.cashier)
    for redemption_id in spending.capture:
        capture(transaction, redemption_id, sale_id=sale_id, by_whom=by_whom)


def _recorded_before(
    transaction: Transaction, sale_id: str, known: KnownSale, sale: Sale, shown: Shown | None
) -> RecordedSale:
    """Answer a sale that was recorded before, where it is this one."""
    if isinstance(shown, Phone):
        _refuse_another_member(transaction, sale_id, known, find(transaction, shown))
    fact, position = _again(sale_id, known, sale)
    return RecordedSale(fact=fact, position=position, replay=True)


def _judge(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    sale: Sale,
    row: AccountRow | None,
    status: SaleStatus,
    spending: Spending,
) -> AccumulatePoints:
    """Decide what a sale earns for whom. A sale is never refused for its card or currency."""
    program = terms.program
    judged = judge(transaction, terms, row, sale, transaction.now)
    earned, points = judged.earned, judged.earned.points
    until = terms.pending_until(sale.business_date, points)
    active = points if until is None else 0
    balance = None if row is None else row.balance + active
    after = Asking(tier=tier_after(judged.progress), day=sale.business_date)
    return AccumulatePoints(
        sale_id=sale_id,
        sale_json=Raw(sale.canonical()),
        status=status,
        account=row.account if row else None,
        program=program.edition,
        points=points,
        because=earned.because,
        balance=balance,
        flags=(
            *_flags(terms, sale, row, is_short=spending.is_short, withheld=judged.is_withheld),
            *(("date_ahead",) if transaction.denies(sale.business_date) else ()),
            *_unfit(transaction, terms, sale_id, sale, row, spending, judged.progress["tier"]),
        ),
        pending_until=until,
        lease=0 if row is None else terms.earned_lease(transaction, row.account, active),
        pending=terms.pending_after(transaction, row, points - active),
        toward=None if balance is None else toward(program, balance, after),
        redeemed=spending.points,
        **judged.progress,
    )


def _flags(
    terms: Terms, sale: Sale, row: AccountRow | None, *, is_short: bool, withheld: bool
) -> Iterator[SaleFlag]:
    if sale.currency != terms.program.currency:
        yield "currency_mismatch"
    if is_short:
        yield "points_not_redeemed"
    if withheld:
        yield "points_withheld"
    if row is None:
        return
    same_day = row.last_day == sale.business_date.isoformat()
    same_cashier = (row.last_cashier or "").casefold() == sale.cashier.casefold()
    if same_day and same_cashier and row.in_a_row + 1 >= terms.often:
        yield "card_over_and_over"


def _unfit(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    sale: Sale,
    row: AccountRow | None,
    spending: Spending,
    tier: str | None,
) -> Iterator[SaleFlag]:
    """Look at the rewards that a sale spends, where it spends any."""
    is_members = row is not None and (spending.capture or spending.points)
    if not (is_members or spending.vouchers):
        return
    account, spent = row.account if row else None, (*spending.capture, *spending.vouchers)
    if is_unfit(transaction, terms.program, sale_id, sale, account, spent, tier):
        yield "reward_does_not_fit"


def sale_of(view: View, sale_id: str) -> KnownSale:
    """Find a sale that was committed here. Raises UnknownSale."""
    sale = view.sale(sale_id)
    if sale is None:
        raise UnknownSale("no sale was committed under this id here")
    return sale


def _again(sale_id: str, known: KnownSale, sale: Sale) -> tuple[AccumulatePoints, Position]:
    """Answer a sale that is known with what is known of it, where it is the same sale."""
    if known.recorded is None:
        raise _incomparable(sale_id, known, sale)
    basket = known.recorded[0].sale
    if not basket.same_basket(sale):
        raise SaleIdReused(
            f"sale {sale_id} was committed with another basket of "
            f"{format_money(basket.total_minor, basket.currency)}; give this sale an id of its own"
        )
    return known.recorded


def _refuse_another_member(
    view: View, sale_id: str, known: KnownSale, row: AccountRow | None
) -> None:
    """Tell two members' sales apart where the journal holds no number; raises SaleIdReused.

    A number that leads to nobody any more, or did not then, tells nothing.
    """
    before = None if known.recorded is None else known.recorded[0].account
    if row is not None and before and not view.is_same_member(before, row.account):
        raise SaleIdReused(
            f"sale {sale_id} was committed for another member; give this sale an id of its own"
        )


def _incomparable(sale_id: str, known: KnownSale, sale: Sale) -> TillRefusal:
    """Say what is still known of a sale whose basket is gone; another total is another basket."""
    if known.total_minor != sale.total_minor:
        return SaleIdReused(
            f"sale {sale_id} was committed with another basket of "
            f"{format_money(known.total_minor, known.currency)}; give this sale an id of its own"
        )
    epoch, seq = known.place
    return SaleRecorded(
        f"sale {sale_id} was committed as entry {epoch}:{seq} with {known.points} points; its "
        "basket is no longer kept to compare this one with: take the sale as done"
    )

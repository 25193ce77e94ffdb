"""Claims: a card that is shown after the sale earns what the sale would have earned with it."""

from secrets import token_bytes

from agent.core.basket import Sale
from agent.core.entry import Recorded
from agent.core.facts import ClaimSale
from agent.core.phones import Phone
from agent.core.rewards import Shown as Asking
from agent.core.rewards import toward
from agent.core.vouchers import RandomBytes
from agent.ledger import AccountRow, KnownSale, Transaction
from agent.till.judging import judge, tier_after
from agent.till.members import Shown, find, member_of, parse_shown
from agent.till.pending import activate_due
from agent.till.referring import pay_referrer
from agent.till.refusals import CashierLimit, ClaimTooLate, SaleHasCard, SaleVoided
from agent.till.sales import sale_of
from agent.till.stamping import append_bought
from agent.till.terms import Terms

__all__ = ["claim"]


def claim(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    token_text: str,
    *,
    lane: str | None = None,
    cashier: str | None = None,
    random_bytes: RandomBytes = token_bytes,
) -> tuple[Recorded, bool]:
    """Give a sale without a card to a member, on its own business date; answers whether it was so.

    A card that is blocked, lost or replaced collects here as it does with a sale.

    Raises UnknownSale, UnknownCard, SaleHasCard, SaleVoided, ClaimTooLate, CashierLimit.
    """
    shown = parse_shown(token_text, terms)
    sale = sale_of(transaction, sale_id)
    before = _claimed_before(transaction, sale, shown)
    if before is not None:
        return before, True
    member = _collecting(transaction, shown)
    basket = _claimable(transaction, sale_id, sale)
    terms = terms.on(basket.business_date)
    _hold_limit(transaction, terms, basket, cashier or basket.cashier)
    activate_due(transaction, terms, None, member.account)
    member = _collecting(transaction, shown)
    fact = _judge(transaction, terms, sale_id, basket, member, shown, lane=lane, cashier=cashier)
    counts_on = transaction.counts_on
    fact, recorded = append_bought(transaction, fact, random_bytes, counts_on=counts_on)
    pay_referrer(transaction, terms, fact, basket.business_date, counts_on)
    return recorded, False


def _collecting(transaction: Transaction, shown: Shown) -> AccountRow:
    """Find whose points it will be, whatever the card's state. Raises UnknownCard."""
    return find(transaction, shown) or member_of(transaction, shown)


def _claimed_before(transaction: Transaction, sale: KnownSale, shown: Shown) -> Recorded | None:
    """Find the claim that this one repeats, also where the card was blocked or the person erased
    since.
    """
    recorded = None if sale.claimed is None else transaction.entry_at(*sale.claimed)
    if recorded is None:
        return None
    fact = recorded.entry.fact
    assert isinstance(fact, ClaimSale), "a claim is recorded as one"  # noqa: S101
    row = find(transaction, shown)
    nobody = row is None and isinstance(shown, Phone) and fact.token == str(shown)
    is_theirs = transaction.is_same_member(row.account if row else None, sale.account)
    return recorded if nobody or (row and is_theirs) else None


def _claimable(transaction: Transaction, sale_id: str, sale: KnownSale) -> Sale:
    """Answer the basket of a sale that may be claimed now. Raises as ``claim`` does."""
    if sale.account is not None:
        raise SaleHasCard("this sale was given to a member already")
    if sale.voided is not None:
        raise SaleVoided("this sale was voided")
    if sale.recorded is None or transaction.returns_of(sale_id):
        raise ClaimTooLate("part of this sale came back; it can no longer be claimed")
    basket = sale.recorded[0].sale
    # A lane that hands in yesterday's sales ends nothing, nor does a date that cannot be.
    said = transaction.business_date
    if said is not None and min(said, transaction.today) > basket.business_date:
        raise ClaimTooLate("a sale can be claimed on its own business date only")
    return basket


def _hold_limit(transaction: Transaction, terms: Terms, basket: Sale, cashier: str) -> None:
    """Hold that a cashier may claim one more sale on this business date. Raises CashierLimit.

    Reads the day's rows, and nothing at all without a limit.
    """
    if terms.claims_per_day == 0:
        return
    day = transaction.counts_on or basket.business_date
    claimed = sum(
        sums.claims
        for _lane, who, _currency, sums in transaction.day(day.isoformat())
        if who.casefold() == cashier.casefold()
    )
    if claimed >= terms.claims_per_day:
        raise CashierLimit(f"{claimed} sales were given to cards here today; that is the limit")


def _judge(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    basket: Sale,
    member: AccountRow,
    shown: Shown,
    *,
    lane: str | None,
    cashier: str | None,
) -> ClaimSale:
    judged = judge(transaction, terms, member, basket, transaction.now)
    earned = judged.earned
    until = terms.pending_until(basket.business_date, earned.points)
    active = earned.points if until is None else 0
    balance = member.balance + active
    after = Asking(tier=tier_after(judged.progress), day=basket.business_date)
    return ClaimSale(
        sale_id=sale_id,
        account=member.account,
        token=str(shown),
        program=terms.program.edition,
        points=earned.points,
        because=earned.because,
        balance=balance,
        pending_until=until,
        lane=lane or basket.lane,
        cashier=cashier or basket.cashier,
        lease=terms.earned_lease(transaction, member.account, active),
        pending=terms.pending_after(transaction, member, earned.points - active),
        toward=toward(terms.program, balance, after),
        flags=("points_withheld",) if judged.is_withheld else (),
        sold_on=None if transaction.counts_on == basket.business_date else basket.business_date,
        **judged.progress,
    )

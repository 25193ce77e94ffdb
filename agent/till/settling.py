"""Settling: which redemptions a sale spends.

Those it names; where it names none and points paid for something, those that were held for it. One
that was captured by itself, for no sale that anybody said, counts for the first sale that names it.

One that was given back before the sale came, because its time was up or a till released it, is
judged afresh where the sale names it and points paid: the customer has left, so it is held once
more under its own id and spent. A sale is taken whether or not its points are there, and flagged
where they are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.core.basket import Sale
from agent.ledger import AccountRow, HoldRow, Transaction
from agent.till.afresh import hold_afresh, is_in_doubt
from agent.till.redemptions import as_held, known_redemption
from agent.till.refusals import InsufficientPoints, OfflineLimit, RedemptionEnded, UnknownRedemption
from agent.till.terms import Terms

__all__ = ["Spending", "named_by", "settle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """The redemptions that a sale captures, all the points that were redeemed for it, and whether
    something that points paid, or a redemption that it names, has none; and its ``vouchers``, by
    their redemptions.
    """

    capture: tuple[str, ...] = ()
    points: int = 0
    is_short: bool = False
    vouchers: tuple[str, ...] = ()


def named_by(
    transaction: Transaction, sale_id: str, sale: Sale, member: AccountRow | None
) -> dict[str, HoldRow]:
    """Find the redemptions of points that a sale names; agent/till/voucher_sales.py has the others.

    Raises UnknownRedemption, RedemptionEnded where the sale cannot have one. One of another
    member's is unknown to it, and so is any to a sale without a member: what came back of it would
    be given to nobody. On a frozen ledger, which spends nothing, such a one is left out instead.
    """
    named: dict[str, HoldRow] = {}
    for redemption_id in sale.redemptions:
        try:
            known = _named(transaction, redemption_id, sale_id, member)
            if redemption_id in named:
                raise RedemptionEnded("the sale names a redemption twice")
        except (UnknownRedemption, RedemptionEnded):
            is_a_voucher = transaction.voucher_use(redemption_id) is not None
            if not (transaction.is_frozen or is_a_voucher):
                raise
        else:
            named[redemption_id] = known
    return named


def settle(
    transaction: Transaction,
    terms: Terms,
    sale_id: str,
    sale: Sale,
    member: AccountRow | None,
    named: Mapping[str, HoldRow],
) -> Spending:
    """Decide it before the sale's own entry; what is judged afresh is held here.

    ``named`` is what ``named_by`` found. Costs one index look-up where none is.
    """
    is_paid, short = sale.is_paid_with_points, len(sale.redemptions)
    if member is None:
        return Spending(is_short=is_paid or short > 0)
    capture, points = [], 0
    for redemption_id, captured, held in transaction.holds_of_sale(sale_id, member.account):
        points += captured
        if held and is_paid and not sale.redemptions and not transaction.is_frozen:
            known = known_redemption(transaction, redemption_id)
            if _is_held(transaction, terms, sale, redemption_id, known, member):
                capture.append(redemption_id)
                points += held
    for redemption_id, known in named.items():
        if known.captured:
            points += known.captured if known.sale_id is None else 0  # or it was counted above
        elif transaction.is_frozen or not _is_held(
            transaction, terms, sale, redemption_id, known, member
        ):
            continue
        else:
            capture.append(redemption_id)
            points += known.points
        short -= 1
    is_short = short > 0 or (is_paid and points == 0)
    return Spending(capture=tuple(capture), points=points, is_short=is_short)


def _named(
    transaction: Transaction, redemption_id: str, sale_id: str, member: AccountRow | None
) -> HoldRow:
    known = known_redemption(transaction, redemption_id)
    if member is None or not transaction.is_same_member(member.account, known.account):
        raise UnknownRedemption(f"redemption {redemption_id} is not of the sale's member")
    if known.captured and known.sale_id not in (None, sale_id):
        raise RedemptionEnded(f"redemption {redemption_id} was captured before")
    return known


def _is_held(
    transaction: Transaction,
    terms: Terms,
    sale: Sale,
    redemption_id: str,
    known: HoldRow,
    member: AccountRow,
) -> bool:
    """Say whether a redemption is held, or is since now: what was given back or is in doubt is held
    afresh, where its points are there.
    """
    if known.released:
        if not sale.is_paid_with_points or member.card_state != "active":
            return False
    elif not is_in_doubt(transaction, terms, known):
        return True
    if terms.why_wait(transaction) is not None:
        return False
    made = as_held(transaction, redemption_id, known)
    try:
        hold_afresh(transaction, terms, made, known, lane=sale.lane, cashier=sale.cashier)
    except (InsufficientPoints, OfflineLimit, RedemptionEnded):
        return False
    return True

"""Settling: which redemptions a sale spends.

Those it names, and, where points paid for something, those that were held for it. A redemption that
was given back before the sale came, because its time was up or a till released it, is judged
afresh: the customer has paid and left, so the sale is taken, and flagged where no points cover it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.basket import Sale
from agent.core.facts import CreateReward
from agent.ledger import AccountRow, HoldRow, Transaction
from agent.till.members import Shown, find
from agent.till.redemptions import known_redemption
from agent.till.refusals import RedemptionEnded, UnknownRedemption
from agent.till.terms import Terms

__all__ = ["Spending", "settle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """The redemptions that a sale captures, and all the points that were redeemed for it."""

    capture: tuple[str, ...] = ()
    points: int = 0


def settle(
    transaction: Transaction, terms: Terms, sale_id: str, sale: Sale, shown: Shown | None
) -> Spending:
    """Decide it before the sale's own entry; what is judged afresh is held here.

    Raises UnknownRedemption, RedemptionEnded, Frozen where the sale names a redemption that it
    cannot have, before anything is written. One of another member's is unknown to it, and so is
    any to a sale without a member: what came back of it would be given to nobody.
    """
    if sale.redemptions:
        transaction.refuse_frozen()
    if not sale.redemptions and not sale.is_paid_with_points:
        return Spending()
    member = find(transaction, shown)
    named = _named(transaction, sale_id, sale.redemptions, member)
    if member is None or transaction.is_frozen:
        return Spending()
    capture, points = [], 0
    for redemption_id, held in named.items():
        if held.captured:
            continue  # it was held for this sale, and is counted below
        if not held.released:
            capture.append(redemption_id)
        elif terms.usable(transaction, _again(transaction, shown)) >= held.points:
            capture.append(_hold_afresh(transaction, terms, sale_id, sale, held))
    for redemption_id, captured, left in transaction.holds_of_sale(sale_id, member.account):
        points += captured
        if sale.is_paid_with_points and left and redemption_id not in capture:
            capture.append(redemption_id)
    points += sum(known_redemption(transaction, each).points for each in capture)
    return Spending(capture=tuple(capture), points=points)


def _named(
    transaction: Transaction,
    sale_id: str,
    redemption_ids: Sequence[str],
    member: AccountRow | None,
) -> dict[str, HoldRow]:
    """Find the redemptions that a sale names. Raises UnknownRedemption, RedemptionEnded."""
    named = {}
    for redemption_id in redemption_ids:
        known = known_redemption(transaction, redemption_id)
        if member is None or member.account != known.account:
            raise UnknownRedemption(f"redemption {redemption_id} is not of the sale's member")
        if known.captured and known.sale_id != sale_id:
            raise RedemptionEnded(f"redemption {redemption_id} was captured before")
        if redemption_id in named:
            raise RedemptionEnded("the sale names a redemption twice")
        named[redemption_id] = known
    return named


def _again(transaction: Transaction, shown: Shown | None) -> AccountRow:
    """Answer the member as the holds before left them."""
    row = find(transaction, shown)
    assert row is not None, "the member was found before"  # noqa: S101
    return row


def _hold_afresh(
    transaction: Transaction, terms: Terms, sale_id: str, sale: Sale, ended: HoldRow
) -> str:
    """Hold again what was given back, under an id of its own."""
    head = transaction.head()
    redemption_id = f"late:{head.epoch}:{head.seq + 1}"
    transaction.append(
        CreateReward(
            redemption_id=redemption_id,
            account=ended.account,
            points=ended.points,
            authority="lease",
            expires_at=ended.expires_at,
            reward=ended.reward,
            sale_id=sale_id,
            lane=sale.lane,
            cashier=sale.cashier,
            lease=terms.lease(-ended.points),
        )
    )
    return redemption_id

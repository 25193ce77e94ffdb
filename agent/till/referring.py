"""Member gets member at the till: what a friend's sale pays for their having been brought, and how
both lose it again where the goods come back.

The friend's part is a reason of the sale. The referrer's is an entry of its own, which is booked
whatever has become of their cards since.
"""

from datetime import date
from typing import TypedDict

from msgspec.structs import replace

from agent.core.accumulate import Because, Earned
from agent.core.basket import Sale
from agent.core.entry import Recorded
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ClaimSale,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from agent.core.referring import Referred, reaches, referred, spent_left
from agent.core.taking_back import Share
from agent.core.values import MOST_POINTS
from agent.ledger import KnownSale, PaidReferral, Transaction, View
from agent.till.terms import Terms

__all__ = [
    "Lost",
    "lost_referral",
    "pay_referrer",
    "referral_apart",
    "referral_of",
    "take_from_referrer",
]


def referral_of(
    view: View, terms: Terms, account: str, sale: Sale, earned: Earned
) -> Referred | None:
    """Decide what a member's sale gives for their having been brought, beside what it earned.

    Nothing where either account has no room for it: the friend then waits for another sale. Costs
    nothing where the program gives none, and an index look-up where nobody brought the member.
    """
    if terms.program.referral is None:
        return None
    paid = referred(terms.program, sale, view.referrer_of(account))
    if paid is None or view.is_same_member(account, paid.referrer):
        return None  # whoever brought themselves, with a second card, brought nobody
    fits = terms.room(view, account) >= earned.points + paid.friend_points
    return paid if fits and terms.room(view, paid.referrer) >= paid.points else None


def pay_referrer(
    transaction: Transaction,
    terms: Terms,
    fact: AccumulatePoints | ClaimSale,
    day: date,
    counts_on: date | None = None,
) -> None:
    """Book what a sale of a business date, or its claim, gives to who brought its member.

    It asks for no card: the points are booked whether or not one of theirs is known or blocked.
    """
    paid, rule = fact.referral, terms.program.referral
    if paid is None or rule is None:
        return
    until = terms.pending_until(day, paid.points)
    active = paid.points if until is None else 0
    why = Because(rule=paid.promotion, points=paid.points, lines=(), text=rule.text)
    transaction.append(
        AccumulatePromotionPoints(
            account=paid.referrer,
            promotion=paid.promotion,
            points=paid.points,
            because=(why,),
            sale_id=fact.sale_id,
            balance=transaction.balance(paid.referrer) + active,
            pending_until=until,
            lease=terms.earned_lease(transaction, paid.referrer, active),
        ),
        counts_on=counts_on,
    )


class Lost(TypedDict):
    """What the entries of a void and of a return say alike of a referral that goes with them."""

    referrer: str | None
    referral_points: int


def referral_apart(
    view: View, sale: KnownSale, sale_id: str
) -> tuple[KnownSale, PaidReferral | None]:
    """Answer a sale without what it gave for its member's having been brought, and that.

    The friend's part goes whole or not at all, so no share of it goes with a share of the goods.
    Costs an index look-up for a member's sale.
    """
    paid = None if sale.account is None else view.paid_referral(sale_id)
    if paid is None:
        return sale, None
    taken_back = sale.taken_back - (paid.friend_points if paid.is_back else 0)
    return replace(sale, points=sale.points - paid.friend_points, taken_back=taken_back), paid


def lost_referral(
    terms: Terms,
    sale: KnownSale,
    paid: PaidReferral | None,
    left_minor: int = 0,
    share: Share | None = None,
) -> Lost:
    """Decide whether a referral goes with what came back, which left so much money; a void leaves
    nothing.
    """
    if paid is None or paid.is_back:
        return Lost(referrer=None, referral_points=0)
    spent_minor = 0
    if share is not None:
        judged_by = None if sale.recorded is None else sale.recorded[0].program
        program = None if judged_by is None else terms.edition(judged_by)
        spent_minor = min(left_minor, spent_left(program, paid.spent_minor, share))
    if reaches(spent_minor, paid.minimum_minor):
        return Lost(referrer=None, referral_points=0)
    return Lost(referrer=paid.referrer, referral_points=paid.friend_points)


def take_from_referrer(
    transaction: Transaction, terms: Terms, recorded: Recorded, paid: PaidReferral | None
) -> Recorded:
    """Take back what a sale gave to who brought its member, where the goods that came back take it.

    What is still pending goes as pending; who has spent it goes into debt, as with a return.
    Answers what it was given.
    """
    back = recorded.entry.fact
    assert isinstance(back, ReturnSale | VoidSale), "what came back is recorded so"  # noqa: S101
    if paid is None or back.referrer is None:
        return recorded
    pending = min(paid.points, transaction.waiting(paid.referrer, paid.place))
    balance = transaction.balance(paid.referrer)
    active = min(paid.points - pending, MOST_POINTS + balance)
    transaction.append(
        ReturnPromotionPoints(
            account=paid.referrer,
            promotion=paid.promotion,
            sale_id=back.sale_id,
            from_active=active,
            from_pending=pending,
            balance=balance - active,
            lane=back.lane,
            cashier=back.cashier,
            lease=terms.taken_lease(transaction, paid.referrer, active),
        )
    )
    return recorded

"""Redemptions: points are held before the customer pays, then captured with the sale or given back.

A hold that nobody ends is given back when its time is up, so that a POS that dies between the two
loses nobody's points. Each use case answers the same however often it is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent.core.answer import JournalPosition
from agent.core.facts import CreateReward, DeleteReward, RedeemReward, ReleaseReason
from agent.core.instant import rfc3339
from agent.core.phones import Phone
from agent.core.values import Value
from agent.ledger import HoldRow, Transaction, View
from agent.till.afresh import hold_afresh, is_in_doubt
from agent.till.asking import is_read
from agent.till.covering import By, cover, refuse_waiting
from agent.till.fitting import refuse_beside_its_sale, refuse_unfit, refuse_unproved
from agent.till.members import Shown, card_of, find, member_of, parse_shown
from agent.till.refusals import RedemptionEnded, RedemptionIdReused, UnknownRedemption
from agent.till.terms import Terms
from agent.till.wishes import Part, Wish, price

__all__ = [
    "ByWhom",
    "RedemptionAnswer",
    "as_held",
    "capture",
    "hold",
    "is_overdue",
    "known_redemption",
    "release",
    "release_overdue",
]

_MOST_AT_ONCE = 100


class RedemptionAnswer(Value):
    """How a redemption stands."""

    redemption_id: str
    """The POS's own id of the redemption."""
    status: Literal["held", "captured", "released"]
    """How it stands."""
    authority: Literal["lease", "online", "floor"]
    """By what right: `lease` this device's own, `online` head office's, `floor` none."""
    account: str
    """The member's account."""
    lane: str | None
    """The lane it was held at."""
    reward: str | None
    """The reward's id; null for a discount."""
    points: int
    """Whole points that were held."""
    captured: int
    """Whole points that were spent of them."""
    voucher: str | None = None
    """The voucher's code, where it is one; then no points are held or spent."""
    value_minor: int | None = None
    """What the voucher is worth, in minor units; null where it is a thing, or none."""
    expires_at: str
    """When what is not captured goes back: RFC 3339 in UTC."""
    balance: int
    """Active whole points now, without those held; a debt is below zero."""
    journal: JournalPosition
    """The journal position that this rests on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ByWhom:
    """The lane and the cashier that something counts at, where somebody said."""

    lane: str | None
    cashier: str | None


Answered = tuple[RedemptionAnswer, bool]
"""An answer, and whether this had been asked before."""


def hold(
    transaction: Transaction,
    terms: Terms,
    redemption_id: str,
    wish: Wish,
    now: datetime,
    by: By = "floor",
) -> Answered:
    """Set points aside for one redemption, reaching as far as ``by`` says.

    Raises UnknownCard, CardBlocked, UnknownReward, NotRedeemable, InsufficientPoints,
    OfflineLimit, RedemptionIdReused; Frozen on a ledger that was rebuilt.
    """
    shown = parse_shown(wish.token, terms)
    known = transaction.hold(redemption_id)
    if known is not None:
        _hold_same(transaction, redemption_id, known, wish, shown)
        return _answer(transaction, redemption_id, known), True
    refuse_waiting(transaction, terms)
    member = member_of(transaction, shown)
    points = price(terms.program, wish)
    refuse_unfit(transaction, terms.program, member, shown, wish, points)
    covered = cover(transaction, terms, member, points, by, is_proved=is_read(shown, wish.entry))
    refuse_unproved(transaction, terms.program, member, shown, wish, points)
    transaction.append(
        CreateReward(
            redemption_id=redemption_id,
            account=member.account,
            points=points,
            authority=covered.authority,
            expires_at=rfc3339(now + terms.hold_for),
            reward=wish.reward,
            sale_id=wish.sale_id,
            lane=wish.lane,
            cashier=wish.cashier,
            floor=covered.floor,
            lease=covered.lease,
            token=card_of(shown),
        ),
        counts_on=transaction.counts_on if covered.floor else None,
    )
    return _answer(transaction, redemption_id, known_redemption(transaction, redemption_id)), False


def capture(
    transaction: Transaction,
    redemption_id: str,
    terms: Terms | None = None,
    *,
    part: Part | None = None,
    sale_id: str | None = None,
    by_whom: ByWhom | None = None,
) -> Answered:
    """Spend what is held, or a part of it, whose rest is given back.

    It counts for ``sale_id``, or else for the sale it was held for, and at the lane and cashier of
    ``by_whom``, or else at those that held it. Under ``terms`` what is in doubt is judged afresh.

    Raises as ``afresh.hold_afresh`` does, UnknownRedemption, NotRedeemable for a part that the
    program does not redeem, and RedemptionEnded where it was given back before, or captured with
    other points, or its sale came back.
    """
    known = known_redemption(transaction, redemption_id)
    if known.captured:
        if part is not None and part.points != known.captured:
            raise RedemptionEnded(f"{known.captured} points of it were captured before")
        return _answer(transaction, redemption_id, known), True
    if known.released:
        raise RedemptionEnded("its points were given back before; hold it anew under another id")
    if sale_id is None:
        refuse_beside_its_sale(transaction, redemption_id, known)
    spent = known.points if part is None else part.of(known)
    made = as_held(transaction, redemption_id, known)
    at = by_whom or ByWhom(lane=made.lane, cashier=made.cashier)
    if terms is not None and is_in_doubt(transaction, terms, known):
        refuse_waiting(transaction, terms)
        hold_afresh(transaction, terms, made, known, lane=at.lane, cashier=at.cashier)
    return _spend(transaction, redemption_id, spent, sale_id, at), False


def _spend(
    transaction: Transaction, redemption_id: str, spent: int, sale_id: str | None, at: ByWhom
) -> RedemptionAnswer:
    known = known_redemption(transaction, redemption_id)
    transaction.append(
        RedeemReward(
            redemption_id=redemption_id,
            account=known.account,
            points=spent,
            sale_id=sale_id,
            lane=at.lane,
            cashier=at.cashier,
        )
    )
    if spent < known.points:
        _give_back(transaction, redemption_id, known, "remainder", known.points - spent)
    return _answer(transaction, redemption_id, known_redemption(transaction, redemption_id))


def release(transaction: Transaction, redemption_id: str) -> Answered:
    """Give back what is held. Raises UnknownRedemption, RedemptionEnded where it was captured."""
    known = known_redemption(transaction, redemption_id)
    if known.captured:
        raise RedemptionEnded("its points were captured; return the sale to give them back")
    if known.released:
        return _answer(transaction, redemption_id, known), True
    _give_back(transaction, redemption_id, known, "released", known.points)
    return _answer(transaction, redemption_id, known_redemption(transaction, redemption_id)), False


def is_overdue(view: View, terms: Terms, now: datetime) -> bool:
    """Say whether some redemption was not ended in time. Two index look-ups."""
    return bool(_overdue(view, terms, now, at_most=1))


def release_overdue(
    transaction: Transaction, terms: Terms, now: datetime
) -> list[RedemptionAnswer]:
    """Give back what nobody ended in time, a hundred at once at most; answers how each stands.

    A hold is judged by the device's clock, whoever sets it. Set forward, it ends holds at once: a
    sale that comes after is judged afresh. Set back, it keeps none for longer than twice their
    time: one that would end later than that was made by another clock than this.
    """
    overdue = _overdue(transaction, terms, now, at_most=_MOST_AT_ONCE)
    for redemption_id in overdue:
        known = known_redemption(transaction, redemption_id)
        _give_back(transaction, redemption_id, known, "timed_out", known.points)
    return [_answer(transaction, each, known_redemption(transaction, each)) for each in overdue]


def _overdue(view: View, terms: Terms, now: datetime, *, at_most: int) -> list[str]:
    beyond = rfc3339(now + 2 * terms.hold_for)
    return view.overdue_holds(rfc3339(now), beyond=beyond, at_most=at_most)


def _give_back(
    transaction: Transaction, redemption_id: str, known: HoldRow, reason: ReleaseReason, points: int
) -> None:
    # What the hold took of this device's rights comes back, in the epoch it was taken from only,
    # and under no account that was merged away: its rights went back to head office.
    covered = -as_held(transaction, redemption_id, known).lease
    is_mine = known.place[0] == transaction.head().epoch and (
        transaction.root(known.account) == known.account
    )
    transaction.append(
        DeleteReward(
            redemption_id=redemption_id,
            account=known.account,
            points=points,
            reason=reason,
            lease=min(points, covered) if is_mine else 0,
        )
    )


def known_redemption(view: View, redemption_id: str) -> HoldRow:
    """Find a redemption. Raises UnknownRedemption."""
    known = view.hold(redemption_id)
    if known is None:
        raise UnknownRedemption("no such redemption was held here")
    return known


def _hold_same(view: View, redemption_id: str, known: HoldRow, wish: Wish, shown: Shown) -> None:
    """Hold that a redemption's id stands for the same wish. Raises RedemptionIdReused.

    A telephone number, or a card, may lead to nobody any more: its member was erased since.
    """
    row, made = find(view, shown), as_held(view, redemption_id, known)
    is_gone = row is None and (isinstance(shown, Phone) or view.erased(known.account))
    same_member = is_gone or view.is_same_member(row.account if row else None, known.account)
    same_thing = wish.reward == made.reward and wish.points in (None, made.points)
    same_sale = wish.sale_id in (None, made.sale_id)
    if not (same_member and same_thing and same_sale):
        raise RedemptionIdReused("another redemption has this id; give this one an id of its own")


def _answer(view: View, redemption_id: str, known: HoldRow) -> RedemptionAnswer:
    made = as_held(view, redemption_id, known)
    ended: Literal["captured", "released"] = "captured" if known.captured else "released"
    return RedemptionAnswer(
        redemption_id=redemption_id,
        status=ended if known.captured or known.released else "held",
        authority=made.authority,
        account=known.account,
        lane=made.lane,
        reward=made.reward,
        points=known.points,
        captured=known.captured,
        expires_at=known.expires_at,
        balance=view.balance(known.account),
        journal=JournalPosition.of(view.head()),
    )


def as_held(view: View, redemption_id: str, known: HoldRow) -> CreateReward:
    """Answer the entry that held it, or where that is no longer kept, what is still known of it:
    not at which lane, nor what it took of this device's rights.
    """
    recorded = view.entry_at(*known.place)
    if recorded is None:
        return CreateReward(
            redemption_id=redemption_id,
            account=known.account,
            points=known.points,
            authority="lease",
            expires_at=known.expires_at,
            reward=known.reward,
            sale_id=known.sale_id,
        )
    fact = recorded.entry.fact
    assert isinstance(fact, CreateReward), "a hold points at the entry that made it"  # noqa: S101
    return fact

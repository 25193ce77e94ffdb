"""Holding what costs nothing: the thing of a full stamp card, or of an occasion, as its voucher.

The till asks for it by the reward's or the stamp card's id, as for any reward, so that no code has
to be read off an old receipt. From then on it is a voucher like any other: captured with the sale,
released, or timed out.
"""

from dataclasses import replace
from datetime import date, datetime
from secrets import token_bytes

from agent.core.account import Account
from agent.core.facts import IssueVoucher
from agent.core.phones import Phone
from agent.core.program import Program, Reward
from agent.core.rewards import Shown as Asking
from agent.core.rewards import Spendable, offers
from agent.core.vouchers import RandomBytes
from agent.ledger import AccountRow, Transaction, VoucherUseRow
from agent.till import voucher_uses
from agent.till.asking import asking, day_said
from agent.till.covering import By, refuse_unheard
from agent.till.fitting import refuse_thing
from agent.till.free_things import account_of, free_things
from agent.till.members import Shown, find, member_of, parse_shown
from agent.till.redemptions import Answered
from agent.till.refusals import NotRedeemable, RedemptionIdReused
from agent.till.stamping import new_code
from agent.till.terms import Terms
from agent.till.voucher_uses import hold_voucher
from agent.till.voucher_wishes import VoucherWish
from agent.till.vouchers import known_voucher
from agent.till.wishes import Wish

__all__ = ["hold"]

_NO_POINTS = Spendable(balance=0, usable=0)


def hold(
    transaction: Transaction,
    terms: Terms,
    redemption_id: str,
    wish: Wish,
    now: datetime,
    *,
    by: By = "floor",
    random_bytes: RandomBytes = token_bytes,
) -> Answered:
    """Set aside what a member wishes: points, or a thing that costs none.

    Raises as ``voucher_uses.hold`` does, NotRedeemable for a thing that the member has not.
    """
    if not _is_thing(terms.program, wish.reward):
        return voucher_uses.hold(transaction, terms, redemption_id, wish, now, by)
    shown = parse_shown(wish.token, terms)
    known = transaction.voucher_use(redemption_id)
    if known is not None:
        code = _same(transaction, known, wish, shown)
    elif transaction.hold(redemption_id) is not None:
        raise _reused()
    else:
        code = _to_be_had(transaction, terms, wish, shown, random_bytes)
    # By the same day as it was found to be there, which is the one that offers go by.
    return hold_voucher(
        transaction,
        terms,
        redemption_id,
        VoucherWish(
            voucher=code,
            sale_id=wish.sale_id,
            lane=wish.lane,
            cashier=wish.cashier,
            business_date=_day_of(transaction, wish),
        ),
        now,
    )


def _day_of(transaction: Transaction, wish: Wish) -> date:
    said = wish.business_date
    return day_said(transaction) if said is None or transaction.denies(said) else said


def _is_thing(program: Program, name: str | None) -> bool:
    is_free = any(each.is_free and each.id == name for each in program.reward)
    return is_free or any(each.id == name for each in program.stamp_card)


def _same(transaction: Transaction, known: VoucherUseRow, wish: Wish, shown: Shown) -> str:
    """Answer the code that a redemption held before. Raises RedemptionIdReused for another wish.

    A telephone number may lead to nobody any more.
    """
    row, voucher = find(transaction, shown), known_voucher(transaction, known.code)
    by_number = row is None and isinstance(shown, Phone)
    same_member = by_number or transaction.is_same_member(
        row.account if row else None, voucher.account
    )
    if not same_member or voucher.reward != wish.reward:
        raise _reused()
    return known.code


def _to_be_had(
    transaction: Transaction,
    terms: Terms,
    wish: Wish,
    shown: Shown,
    random_bytes: RandomBytes,
) -> str:
    """Find the voucher of a thing that the member has, or issue the one of an occasion."""
    refuse_unheard(transaction, terms)
    member = member_of(transaction, shown)
    day = _day_of(transaction, wish)
    terms = terms.on(day)
    name = wish.reward or ""
    there = transaction.things_to_be_had(member.account, day).get(name)
    if there is not None:
        return there
    reward = next((each for each in terms.program.reward if each.id == name), None)
    if reward is None or not reward.is_free:
        raise NotRedeemable("this member's card is not full, or what it gave was had already")
    who = asking(transaction, terms.program, member, shown, wish.entry, day)
    _refuse_unfit(transaction, terms.program, reward, member, who, day)
    refuse_thing(transaction, terms.program, member.account, wish.sale_id, name)
    account = account_of(transaction, member, who.tier, [reward])
    fact = IssueVoucher(
        account=member.account,
        code=new_code(transaction, random_bytes),
        reward=reward.id,
        text=reward.text,
        good_until=_good_until(reward, account, day),
        lane=wish.lane,
        cashier=wish.cashier,
        balance=member.balance,
    )
    transaction.append(fact, counts_on=day)
    return fact.code


def _refuse_unfit(
    transaction: Transaction,
    program: Program,
    reward: Reward,
    member: AccountRow,
    who: Asking,
    day: date,
) -> None:
    """Hold that occasion, tier, window and card fit, as the offer says. Raises NotRedeemable."""
    things = free_things(transaction, program, member, who.tier, day, refused=None)
    listed = offers(program, _NO_POINTS, None, replace(who, free=things.free))
    offer = next(each for each in listed if each.reward == reward.id)
    if not offer.available:
        raise NotRedeemable(f"{reward.text}: {offer.why}")


def _good_until(reward: Reward, account: Account, day: date) -> date:
    """Answer the last day of an occasion that is there now, or of the reward's own window."""
    last_day = reward.last_day_of(reward.began_on(day, account) or day, account.tier)
    return min(last_day, reward.last_day or last_day)


def _reused() -> RedemptionIdReused:
    return RedemptionIdReused("another redemption has this id; give this one an id of its own")

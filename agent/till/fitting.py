"""Fitting: whether a reward is for who asks, goes with others, and suits the sale that spends it.

A hold is refused where it is not for the member, the day or the card, or not beside what is held
for the same sale. The basket is known with the sale, which is never refused: one that spends what
does not fit it is flagged.

A hold under a program without bounds on rewards costs nothing more; nor does a sale that spends no
redemption. Any other costs an index look-up for each redemption.
"""

from collections.abc import Collection, Iterable, Iterator

from agent.core.basket import Sale
from agent.core.combining import Basket, Chosen, why_not_together
from agent.core.program import Discount, Program
from agent.core.proving import why_not_proved
from agent.core.rewards import Shown as Asking
from agent.core.rewards import reward_of, why_not_for
from agent.core.tokens import Token, proof_of
from agent.ledger import AccountRow, HoldRow, Transaction, View
from agent.till.asking import asking
from agent.till.members import Shown
from agent.till.refusals import NotRedeemable, RedemptionEnded, UnknownRedemption
from agent.till.voucher_wishes import VoucherOrder
from agent.till.wishes import Wish

__all__ = [
    "held_beside",
    "is_unfit",
    "refuse_beside_its_sale",
    "refuse_thing",
    "refuse_unfit",
    "refuse_unproved",
]


def refuse_unfit(
    transaction: Transaction,
    program: Program,
    member: AccountRow,
    shown: Shown,
    wish: Wish,
    points: int,
) -> None:
    """Hold that a wish is for who asks, and goes with what is held for its sale.

    Its day is the one it names, unless a trusted clock denies that it has come. Raises
    NotRedeemable with the sentence that offers give.
    """
    reward = None if wish.reward is None else reward_of(program, wish.reward)
    if reward is not None:
        said = wish.business_date
        day = None if said is None or transaction.denies(said) else said
        who = asking(transaction, program, member, shown, wish.entry, day)
        if why_not := why_not_for(reward, who):
            raise NotRedeemable(why_not)
    if (rule := reward or program.discount) is not None:
        chosen = Chosen(rule=rule, points=points)
        _refuse_beside(transaction, program, member.account, wish.sale_id, chosen)


def refuse_unproved(
    view: View,
    program: Program,
    member: AccountRow,
    shown: Shown,
    wish: Wish | VoucherOrder,
    points: int,
) -> None:
    """Hold that what was shown proves enough for so many points, with those that are held for the
    same sale. Raises NotRedeemable saying what to do.

    Costs nothing under a program that asks for no proof.
    """
    if not program.limits.redemptions:
        return
    if isinstance(wish, Wish) and wish.sale_id is not None:
        of_sale = _of_sale(view, program, wish.sale_id, member.account)
        beside = held_beside(view, program, of_sale, member.account)
        points += sum(each.points for each in beside)
    token = shown if isinstance(shown, Token) else None
    if why_not := why_not_proved(program, points, proof_of(token, wish.entry)):
        raise NotRedeemable(why_not)


def refuse_thing(
    view: View, program: Program, account: str, sale_id: str | None, name: str | None
) -> None:
    """Hold that what an occasion brings goes with what is held for its sale; ``account`` is the
    member's whose it is. Raises NotRedeemable as ``refuse_unfit``.

    What a full stamp card gave and a voucher of money are no rewards of the catalogue: they go with
    anything.
    """
    rule = None if name is None else reward_of(program, name)
    if rule is not None:
        _refuse_beside(view, program, account, sale_id, Chosen(rule=rule, points=0))


def _refuse_beside(
    view: View, program: Program, account: str, sale_id: str | None, chosen: Chosen
) -> None:
    is_bound = program.rewards_per_sale is not None or any(
        each.alone for each in (*program.reward, program.discount) if each is not None
    )
    if sale_id is None or not is_bound:
        return
    beside = held_beside(view, program, _of_sale(view, program, sale_id, account), account)
    if why_not := why_not_together(program, (*beside, chosen)):
        raise NotRedeemable(why_not)


def _of_sale(view: View, program: Program, sale_id: str, account: str | None) -> list[str]:
    """List the redemptions that a member's points, and things that cost none, have for a sale."""
    found = [] if account is None else [i for i, *_ in view.holds_of_sale(sale_id, account)]
    if any(each.is_free for each in program.reward):
        for state in ("held", "used"):
            found += view.voucher_uses_of_sale(sale_id, state)
    return found


def refuse_beside_its_sale(view: View, redemption_id: str, known: HoldRow) -> None:
    """Hold that the sale a redemption was held for, where it came, could still give its points
    back. Where it could not they stay held, and go back when their time is up.

    Raises UnknownRedemption where the sale is not the member's, RedemptionEnded where it came back.
    """
    sale = None if known.sale_id is None else view.sale(known.sale_id)
    if sale is None:
        return
    if not view.is_same_member(sale.account, known.account):
        raise UnknownRedemption(f"redemption {redemption_id} is not of the sale's member")
    if sale.voided is not None or sale.is_paid_back:
        raise RedemptionEnded("the sale it was held for came back; its points go back too")


def held_beside(
    view: View, program: Program, redemptions: Iterable[str], account: str
) -> list[Chosen]:
    """Answer what redemptions are for: those of a member's points and those of things that cost
    none, that were not given back, as far as the program knows their rewards.
    """
    return [*_chosen(view, program, redemptions, account)]


def is_unfit(
    transaction: Transaction,
    program: Program,
    sale_id: str,
    sale: Sale,
    account: str | None,
    capture: Collection[str],
    tier: str | None,
) -> bool:
    """Say whether a sale spends rewards that are not for its member's tier, its day or its basket,
    or do not go together. Of a reward that the program no longer has nobody knows; tier and day of
    what costs nothing were judged as it was given, and its bearer may be nobody.

    ``capture`` are the redemptions that are captured with it; it has those, too, that were captured
    for it before, or by themselves and it names them.
    """
    if sale.currency != program.currency:
        return False
    of_sale = _of_sale(transaction, program, sale_id, account)
    before = {*of_sale, *sale.redemptions} - {*capture}
    chosen = [
        *_chosen(transaction, program, capture, account),
        *_chosen(transaction, program, before, account, captured=True),
    ]
    who = Asking(tier=tier, day=sale.business_date)
    is_nobodys = any(
        why_not_for(each.rule, who)
        for each in chosen
        if not isinstance(each.rule, Discount) and not each.rule.is_free
    )
    return is_nobodys or why_not_together(program, chosen, Basket.of(sale)) is not None


def _chosen(
    view: View,
    program: Program,
    ids: Iterable[str],
    account: str | None,
    *,
    captured: bool = False,
) -> Iterator[Chosen]:
    """Go through what redemptions are for; ``captured`` wants only those that were."""
    for redemption_id in dict.fromkeys(ids):
        known = view.hold(redemption_id)
        if known is None:
            yield from _thing(view, program, redemption_id, captured=captured)
            continue
        if not view.is_same_member(known.account, account):
            continue
        if (known.released or captured) and not known.captured:
            continue
        rule = program.discount if known.reward is None else reward_of(program, known.reward)
        if rule is not None:
            yield Chosen(rule=rule, points=known.captured or known.points)


def _thing(view: View, program: Program, redemption_id: str, *, captured: bool) -> Iterator[Chosen]:
    """Answer the reward of an occasion that a redemption is of, whoever bears it."""
    known = view.voucher_use(redemption_id)
    if known is None or (known.state != "used" if captured else known.state == "came_back"):
        return
    voucher = view.voucher(known.code)
    name = None if voucher is None else voucher.reward
    rule = None if name is None else reward_of(program, name)
    if rule is not None:
        yield Chosen(rule=rule, points=0)

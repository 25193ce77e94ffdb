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
from agent.core.rewards import Shown as Asking
from agent.core.rewards import reward_of, why_not_for
from agent.ledger import AccountRow, Transaction, View
from agent.till.asking import asking
from agent.till.members import Shown
from agent.till.refusals import NotRedeemable
from agent.till.wishes import Wish

__all__ = ["held_beside", "is_unfit", "refuse_unfit"]


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
    rule = reward or program.discount
    is_bound = program.rewards_per_sale is not None or any(
        each.alone for each in (*program.reward, program.discount) if each is not None
    )
    if wish.sale_id is None or rule is None or not is_bound:
        return
    of_sale = transaction.holds_of_sale(wish.sale_id, member.account)
    beside = held_beside(transaction, program, [each for each, *_ in of_sale], member.account)
    if why_not := why_not_together(program, (*beside, Chosen(rule=rule, points=points))):
        raise NotRedeemable(why_not)


def held_beside(
    view: View, program: Program, redemptions: Iterable[str], account: str
) -> list[Chosen]:
    """Answer what redemptions are for: those of a member that were not given back, as far as the
    program knows their rewards.
    """
    return [*_chosen(view, program, redemptions, account)]


def is_unfit(
    transaction: Transaction,
    program: Program,
    sale_id: str,
    sale: Sale,
    member: AccountRow,
    capture: Collection[str],
    tier: str | None,
) -> bool:
    """Say whether a sale spends rewards that are not for its member's tier, its day or its basket,
    or do not go together. Of a reward that the program no longer has nobody knows.

    ``capture`` are the redemptions that are captured with it; it has those, too, that were captured
    for it before, or by themselves and it names them.
    """
    if sale.currency != program.currency:
        return False
    of_sale = transaction.holds_of_sale(sale_id, member.account)
    before = {*(each for each, *_ in of_sale), *sale.redemptions} - {*capture}
    chosen = [
        *_chosen(transaction, program, capture, member.account),
        *_chosen(transaction, program, before, member.account, captured=True),
    ]
    who = Asking(tier=tier, day=sale.business_date)
    is_nobodys = any(
        why_not_for(each.rule, who) for each in chosen if not isinstance(each.rule, Discount)
    )
    return is_nobodys or why_not_together(program, chosen, Basket.of(sale)) is not None


def _chosen(
    view: View, program: Program, ids: Iterable[str], account: str, *, captured: bool = False
) -> Iterator[Chosen]:
    """Go through what redemptions are for; ``captured`` wants only those that were."""
    for redemption_id in dict.fromkeys(ids):
        known = view.hold(redemption_id)
        if known is None or known.account != account:
            continue
        if (known.released or captured) and not known.captured:
            continue
        rule = program.discount if known.reward is None else reward_of(program, known.reward)
        if rule is not None:
            yield Chosen(rule=rule, points=known.captured or known.points)

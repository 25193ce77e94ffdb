"""The worth of a sale: what it gave its member, once, less what came back of it, at most once."""

from collections.abc import Sequence

from agent.core.facts import AccumulatePoints, ClaimSale, ReturnPromotionPoints
from agent.core.money import format_money
from agent.core.postings import PROGRAM
from sync.hub.judging.days import add_toward, came_on, toward_points
from sync.hub.judging.judgement import Conflict, Judgement, WorthSum
from sync.hub.judging.mentions import Mention
from sync.hub.judging.returns import Back, back_of
from sync.hub.judging.selling import Gift, OneSale, activated, gifts_of, sales_of

__all__ = ["judge_sale"]


def judge_sale(sale_id: str, mentions: Sequence[Mention]) -> Judgement:
    """Judge all that was written under a sale's id; a return waits here for its sale."""
    sales = sales_of(mentions)
    total, conflicts = WorthSum(), list[Conflict]()
    for sale in sales:
        conflicts += _judge_one(sale_id, sale, total)
    if len(sales) > 1:
        conflicts.append(_reused(sale_id, sales))
    return Judgement(worth=total.worth, days=total.days, conflicts=tuple(conflicts))


def _judge_one(sale_id: str, sale: OneSale, total: WorthSum) -> list[Conflict]:
    bought, promoted = gifts_of(sale)
    chosen = bought[0] if bought else None
    back, conflicts = Back(), list[Conflict]()
    if chosen is not None:
        knowing = frozenset(each.mention.at for each in bought)
        own = [each for each in promoted.values() if each.account == chosen.account]
        back = back_of(sale, chosen, knowing, sum(each.points for each in (chosen, *own)))
        _give(sale, total, [chosen, *own], back)
        account = chosen.account
        total.move((PROGRAM, "redeemed"), (account, "active"), back.given_back)
        _count(sale, chosen, back, total)
        if back.beyond_minor:
            conflicts.append(_returned_twice(sale_id, sale, account, back))
    for (promotion, account), gift in promoted.items():
        if chosen is None or account != chosen.account:
            _give(sale, total, [gift], _lost(sale, promotion, gift, is_all=back.is_all))
    if len(sale.copies) > 1:
        conflicts.append(_duplicate(sale_id, sale, bought))
    return conflicts


def _give(sale: OneSale, total: WorthSum, gifts: Sequence[Gift], back: Back) -> None:
    """Give a member what it earned, pending or active, and take what came back, pending first."""
    account, waiting = gifts[0].account, 0
    for gift in gifts:
        total.came(account, came_on(gift.mention.entry), "earned", gift.points)
        active = activated(sale, gift) if gift.is_pending else gift.points
        total.came(account, came_on(gift.mention.entry), "waits", gift.points - active)
        total.earn(account, "active", active)
        total.earn(account, "pending", gift.points - active)
        waiting += gift.points - active
    pending = min(waiting, back.pending_first, back.taken)
    total.earn(account, "pending", -pending)
    total.earn(account, "active", pending - back.taken)
    total.came(account, came_on(gifts[0].mention.entry), "earned", -back.taken)
    total.came(account, came_on(gifts[0].mention.entry), "waits", -pending)


def _count(sale: OneSale, chosen: Gift, back: Back, total: WorthSum) -> None:
    """Count a purchase, and toward tiers, what a sale stands for after all that came back of it."""
    entry, account = chosen.mention.entry, chosen.account
    fact, sold_on = entry.fact, came_on(entry)
    assert isinstance(fact, AccumulatePoints | ClaimSale), "a sale or its claim"  # noqa: S101
    add_toward(total.days, account, sold_on, fact)
    total.came(account, sold_on, "purchases", 1)
    if back.late is None:
        return
    late, paid_minor = back.late.entry.day, sale.first.summary.total_minor
    total.came(account, late, "earned", back.given_back)
    is_all = back.returned_minor == paid_minor
    if is_all:
        total.came(account, sold_on, "purchases", -1)
    if fact.spend_minor is not None:
        share = fact.spend_minor if is_all else fact.spend_minor * back.returned_minor // paid_minor
        total.came(account, late, "toward_minor", -share)
        total.came(account, late, "toward_points", -min(back.taken, toward_points(fact)))


def _lost(sale: OneSale, promotion: str, gift: Gift, *, is_all: bool) -> Back:
    """Answer what is taken back of what a promotion gave for another's sale."""
    pending = active = 0
    for each in sale.others:
        fact = each.entry.fact
        if (
            isinstance(fact, ReturnPromotionPoints)
            and (fact.promotion, fact.account) == (promotion, gift.account)
        ):  # fmt: skip
            pending += fact.from_pending
            active += fact.from_active
    if is_all:
        return Back(taken=gift.points, pending_first=gift.points)
    return Back(taken=min(gift.points, pending + active), pending_first=pending)


def _duplicate(sale_id: str, sale: OneSale, bought: Sequence[Gift]) -> Conflict:
    stands = bought[0].mention if bought else sale.copies[0]
    kept = next((each for each in sale.copies if each.at == stands.at), sale.copies[0])
    lost = next(each for each in sale.copies if each.order != kept.order)
    where = " and ".join(dict.fromkeys(each.where for each in sale.copies))
    given = bought[0].points if bought else 0
    return Conflict(
        kind="duplicate_sale",
        subject=sale_id,
        account=bought[0].account if bought else None,
        points=sum(each.points for each in bought[1:]),
        store=lost.store,
        device=lost.device,
        text=f"Sale {sale_id} was written {len(sale.copies)} times, by {where}: it counts once, "
        f"with the {given} points that {stands.where} gave.",
    )


def _reused(sale_id: str, sales: Sequence[OneSale]) -> Conflict:
    baskets = [each.first.summary for each in sales]
    worth = " and ".join(format_money(each.total_minor, each.currency) for each in baskets)
    where = " and ".join(dict.fromkeys(each.copies[0].where for each in sales))
    late = sales[-1].copies[0]
    bought, _ = gifts_of(sales[-1])
    return Conflict(
        kind="sale_id_reused",
        subject=sale_id,
        account=bought[0].account if bought else None,
        points=0,
        store=late.store,
        device=late.device,
        text=f"Id {sale_id} stands for {len(sales)} sales of {worth}, at {where}: each counts; the "
        "POS must give every sale an id of its own.",
    )


def _returned_twice(sale_id: str, sale: OneSale, account: str, back: Back) -> Conflict:
    summary = sale.first.summary
    beyond = format_money(back.beyond_minor, summary.currency)
    paid = format_money(summary.total_minor, summary.currency)
    return Conflict(
        kind="returned_twice",
        subject=f"{sale_id}, {beyond} too much",  # where more follows, a clerk hears of that too
        excess=back.beyond_minor,
        of_what=f"{sale_id} of {paid}",
        account=account,
        points=max(0, back.asked - back.taken),
        store=None if back.late is None else back.late.store,
        device=None if back.late is None else back.late.device,
        text=f"{beyond} more came back of sale {sale_id} than the {paid} it was: points were taken "
        "back up to what the sale gave, and no further. Ask there whether too much money was paid "
        "out.",
    )

"""What a program counts of a member: their tier, what counts toward it, what promotions gave, who
brought them, how often they bought within the hour, and the stamps on their cards.

Folded with every other projection, entry by entry. A sale under a program that counts nothing costs
nothing here.
"""

import sqlite3
from typing import Any

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ClaimSale, ReturnSale, VoidSale
from agent.core.stamp_cards import Collected
from agent.ledger import recent, referrals
from agent.ledger.queries import SQL

__all__ = ["bring_back", "sell"]


def sell(
    connection: sqlite3.Connection,
    entry: Entry,
    fact: AccumulatePoints | ClaimSale,
    account: str,
    day: str,
) -> None:
    """Count a member's sale on its business date."""
    referrals.pay(connection, fact, account)
    recent.sell(connection, entry, fact, account)
    if fact.standing is not None:
        kept = fact.standing.kept_until
        last_day = None if kept is None else kept.isoformat()
        standing = (account, fact.standing.tier, fact.standing.since.isoformat(), last_day)
        connection.execute(SQL["set_tier"], standing)
    if fact.spend_minor is not None:
        # Points for having been brought lead to no tier, as those for becoming a member.
        own = fact.points - (0 if fact.referral is None else fact.referral.friend_points)
        counted = (account, day, own, fact.spend_minor)
        connection.execute(SQL["count_toward"], counted)
    for because in fact.because if fact.promotions else ():
        if because.rule in fact.promotions:
            use = (because.rule, because.points)
            connection.execute(SQL["use_promotion"], (account, day, *use))
            connection.execute(SQL["give_promotion"], use)
            gave = (fact.sale_id, because.rule, day, because.points)
            connection.execute(SQL["add_promoted"], gave)
    for card in fact.stamps:
        _stamp(connection, account, card)
        brought = (fact.sale_id, card.card, card.text, card.full, card.stamps)
        connection.execute(SQL["add_stamped"], brought)


def bring_back(
    connection: sqlite3.Connection,
    fact: ReturnSale | VoidSale,
    day: str,
    sale: tuple[Any, ...] | None,
) -> None:
    """Count what came back; ``sale`` is what the query of that name answered before.

    Of another store's sale nothing was counted here.
    """
    account = fact.account or ""  # who has none has no stamps either
    for card in fact.stamps:
        _stamp(connection, account, card)
        connection.execute(SQL["take_stamped"], (-card.stamps, fact.sale_id, card.card))
    if sale is None:
        return
    _count_back(connection, fact, day, sale)
    _give_back(connection, fact, sale)


def _count_back(
    connection: sqlite3.Connection, fact: ReturnSale | VoidSale, day: str, sale: tuple[Any, ...]
) -> None:
    """Count on the day it came back what no longer counts: what was reached by then stays reached.

    Money comes back in the share of the total, and in parts all of it, without a remainder.
    """
    if (spend_minor := sale[-2]) is None:
        return
    total_minor, before_minor = sale[3], sale[5]
    was_back_minor = spend_minor * before_minor // total_minor if total_minor else 0
    is_back_minor = spend_minor  # a void brings all of it, also where goods and coupons came to 0
    if isinstance(fact, ReturnSale):
        now_minor = before_minor + fact.amount_minor
        is_back_minor = spend_minor * now_minor // total_minor if total_minor else 0
    taken = fact.from_active + fact.from_pending - fact.referral_points
    counted = (fact.account, day, -taken, was_back_minor - is_back_minor)
    connection.execute(SQL["count_toward"], counted)


def _give_back(
    connection: sqlite3.Connection, fact: ReturnSale | VoidSale, sale: tuple[Any, ...]
) -> None:
    """Give caps and budgets back what a sale had of its promotions.

    Points come back in the share of the sale's points that were taken; a friend's part, which goes
    whole or not at all, is none of those. Once all of it came back it was never bought: no
    promotion was used, and the next purchase may be the first.
    """
    total_minor, points, returned_minor, taken = sale[3:7]
    was_back = _is_back(total_minor, points, returned_minor, taken)
    taken += fact.from_active + fact.from_pending
    is_back = isinstance(fact, VoidSale) or _is_back(
        total_minor, points, returned_minor + fact.amount_minor, taken
    )
    promoted = connection.execute(SQL["promoted_of"], (fact.sale_id,)).fetchall()
    if promoted:
        apart, apart_taken = referrals.friends_part(connection, fact)
        points, taken = points - apart, taken - apart_taken
    for promotion, day, gave, before in promoted:
        back = gave if is_back else max(before, gave * min(taken, points) // points)
        of_it = (fact.account, day, promotion)
        connection.execute(SQL["unuse_promotion"], (*of_it, int(is_back), back - before))
        connection.execute(SQL["give_promotion"], (promotion, before - back))
        connection.execute(SQL["promoted_back"], (back, fact.sale_id, promotion))
    if is_back:
        connection.execute(SQL["forget_promoted"], (fact.sale_id,))
    if is_back and not was_back:
        connection.execute(SQL["count_purchase"], (fact.account, -1))


def _is_back(total_minor: int, points: int, returned_minor: int, taken: int) -> bool:
    """Say whether returns brought all of a sale back: its money, and every point."""
    return returned_minor == total_minor and taken >= points and (total_minor > 0 or points > 0)


def _stamp(connection: sqlite3.Connection, account: str, card: Collected) -> None:
    """Change the stamps on a card by those that came or went, and those that became a thing."""
    change = card.stamps - card.given * card.full
    connection.execute(SQL["add_stamps"], (account, card.card, change))

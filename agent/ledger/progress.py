"""What a program counts of a member: their tier, what counts toward it, what promotions gave, and
the stamps on their cards.

Folded with every other projection, entry by entry. A sale under a program that counts nothing costs
nothing here.
"""

import sqlite3
from typing import Any

from agent.core.facts import AccumulatePoints, ClaimSale, ReturnSale, VoidSale
from agent.core.stamp_cards import Collected
from agent.ledger.queries import SQL

__all__ = ["bring_back", "sell"]


def sell(
    connection: sqlite3.Connection, fact: AccumulatePoints | ClaimSale, account: str, day: str
) -> None:
    """Count a member's sale on its business date."""
    if fact.standing is not None:
        kept = fact.standing.kept_until
        last_day = None if kept is None else kept.isoformat()
        standing = (account, fact.standing.tier, fact.standing.since.isoformat(), last_day)
        connection.execute(SQL["set_tier"], standing)
    if fact.spend_minor is not None:
        counted = (account, day, fact.points, fact.spend_minor)
        connection.execute(SQL["count_toward"], counted)
    for because in fact.because if fact.promotions else ():
        if because.rule in fact.promotions:
            use = (account, because.rule, because.points, day)
            connection.execute(SQL["use_promotion"], use)
            connection.execute(SQL["give_promotion"], (because.rule, because.points))
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
    """Count what came back on the day it came back: what was reached by then stays reached.

    ``sale`` is what the query of that name answered before. Money comes back in the share of the
    total, and in parts all of it, without a remainder.
    """
    account = fact.account or ""  # who has none has no stamps either
    for card in fact.stamps:
        _stamp(connection, account, card)
        connection.execute(SQL["take_stamped"], (-card.stamps, fact.sale_id, card.card))
    if sale is None or (spend_minor := sale[-2]) is None:
        return
    total_minor, before_minor, back_minor = sale[3], sale[5], 0
    if total_minor:
        back = fact.amount_minor if isinstance(fact, ReturnSale) else total_minor - before_minor
        now_minor = before_minor + back
        back_minor = spend_minor * now_minor // total_minor
        back_minor -= spend_minor * before_minor // total_minor
    taken = fact.from_active + fact.from_pending
    connection.execute(SQL["count_toward"], (fact.account, day, -taken, -back_minor))


def _stamp(connection: sqlite3.Connection, account: str, card: Collected) -> None:
    """Change the stamps on a card by those that came or went, and those that became a thing."""
    change = card.stamps - card.given * card.full
    connection.execute(SQL["add_stamps"], (account, card.card, change))

"""Naming: which sale a redemption is for, where the sale says it.

What is captured counts for its sale and comes back with it. Most often the capture follows the sale
in one transaction. A frozen ledger captures nothing with a sale, and may have lost the hold with
the disk that was set back: what is captured later, by itself, is the naming sale's all the same.
"""

import sqlite3

from agent.core.facts import AccumulatePoints, CreateReward
from agent.ledger.queries import SQL

__all__ = ["hold", "sell"]


def sell(connection: sqlite3.Connection, fact: AccumulatePoints, account: str) -> None:
    """Tie to a sale what it names: what still waits, what was captured for no sale before, and what
    is not here yet.

    The basket is read only where it redeemed something, or should have.
    """
    is_by_points = fact.redeemed or "points_not_redeemed" in fact.flags
    for redemption_id in fact.sale.redemptions if is_by_points else ():
        named = (fact.sale_id, redemption_id, account)
        if connection.execute(SQL["adopt_redemption"], named).rowcount == 0:
            connection.execute(SQL["name_redemption"], named)


def hold(connection: sqlite3.Connection, fact: CreateReward) -> None:
    """Tie a hold to the sale that named it before it was here. Costs one look-up."""
    key = (fact.redemption_id, fact.account)
    named = connection.execute(SQL["forget_named"], key).fetchone()
    if named is not None:
        connection.execute(SQL["adopt_redemption"], (*named, *key))

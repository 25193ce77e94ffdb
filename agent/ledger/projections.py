"""What the journal means right now: balances, accounts, cards, sales.

One function applies one entry, at the till inside the entry's own transaction and in a replay
from zero. There is no second way to change a projection.
"""

import sqlite3
from typing import assert_never

from agent.core.entry import AccumulatePoints, Enrol, Entry
from agent.core.postings import postings_of
from agent.ledger.queries import SQL

__all__ = ["TABLES", "apply"]

TABLES = ("balances", "accounts", "cards", "sales")
"""Every projection; a replay compares each of them row by row."""


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Fold one entry into the projections. Constant cost, whatever the history."""
    fact = entry.fact
    for posting in postings_of(fact):
        connection.execute(SQL["post"], (posting.owner, posting.bucket, posting.points))
    match fact:
        case Enrol():
            connection.execute(SQL["add_account"], (fact.account,))
            connection.execute(SQL["add_card"], (fact.token, fact.account))
        case AccumulatePoints():
            connection.execute(SQL["add_sale"], (fact.sale_id, entry.epoch, entry.seq))
            if fact.account is not None:
                place = (entry.epoch, entry.seq, fact.account)
                connection.execute(SQL["set_last_sale"], place)
        case _:
            assert_never(fact)

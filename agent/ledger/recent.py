"""Sales of the last hour, where a program limits how many a member earns in.

Two clocks have to agree that a sale was within the hour, the POS's and the device's, so that
neither keeps a member from their points by itself: not a POS whose clock stands still, nor a queue
of old sales that is handed over at once. Rows older than the hour go with the sales that follow, a
few at a time, so the table is as large as an hour is busy.
"""

import sqlite3
from datetime import datetime

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ClaimSale
from agent.core.instant import HOUR_S, seconds_of
from agent.ledger.queries import SQL

__all__ = ["sell"]

_MOST_DROPPED = 10


def sell(
    connection: sqlite3.Connection,
    entry: Entry,
    fact: AccumulatePoints | ClaimSale,
    account: str,
) -> None:
    """Know when a sale was, where its program counts it."""
    if fact.occurred_s is None:
        return
    recorded_s = seconds_of(datetime.fromisoformat(entry.recorded_at))
    connection.execute(SQL["drop_old_sales"], (recorded_s - HOUR_S, _MOST_DROPPED))
    sold = (account, recorded_s, fact.sale_id, fact.occurred_s)
    connection.execute(SQL["add_recent_sale"], sold)

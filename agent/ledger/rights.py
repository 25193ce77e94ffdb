"""Rights as the journal says they stand: what this device may spend, and what it spent beyond that.

Head office grants totals, and every entry says by how much it changed the rights under its account;
both count for the present epoch alone. What was redeemed beyond them is the floor. It is never
taken off again, whatever becomes of the redemption: only an acknowledgement, another epoch or
another business date makes room for more.
"""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import CreateReward, LeaseGrant, LeaseReturn, OpenEpoch
from agent.core.postings import lease_of
from agent.ledger.queries import SQL

__all__ = ["move"]


def move(connection: sqlite3.Connection, entry: Entry) -> None:
    """Fold one entry. Raises sqlite3.IntegrityError where rights would fall below none, and where
    a recall was answered before.
    """
    fact = entry.fact
    if isinstance(fact, LeaseGrant):
        connection.execute(SQL["grant_lease"], (fact.account, fact.granted_total))
    elif isinstance(fact, OpenEpoch):
        # Rights belong to an epoch: those of an earlier one are no longer this device's.
        connection.execute(SQL["forget_leases"])
        connection.execute(SQL["forget_recalls"])
    elif change := lease_of(fact):
        connection.execute(SQL["change_lease"], (fact.account, change))  # type: ignore[union-attr]  # what has a lease has an account
    if isinstance(fact, LeaseReturn) and fact.recall:
        connection.execute(SQL["answer_recall"], (fact.account, fact.recall))
    elif isinstance(fact, CreateReward) and fact.floor:
        place = (entry.epoch, entry.seq, fact.account)
        connection.execute(SQL["add_floor"], (*place, entry.day, fact.floor))

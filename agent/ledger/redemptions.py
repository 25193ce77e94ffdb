"""Redemptions as the journal says they stand: points held, spent, given back."""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import CreateReward, DeleteReward, RedeemReward
from agent.ledger import activity, lots, naming
from agent.ledger.folding import lot_of, one_row
from agent.ledger.queries import SQL

__all__ = ["fold"]


def fold(
    connection: sqlite3.Connection, entry: Entry, fact: CreateReward | RedeemReward | DeleteReward
) -> None:
    """Fold one. Raises sqlite3.IntegrityError where it contradicts an earlier entry."""
    match fact:
        case CreateReward():
            place = (fact.redemption_id, entry.epoch, entry.seq, fact.account)
            wanted = (fact.expires_at, fact.points, fact.reward, fact.sale_id)
            # One that was given back whole can be held once more, under the same id.
            one_row(
                connection.execute(SQL["add_hold"], (*place, *wanted)),
                "holds what was not given back",
            )
            lots.hold(connection, fact.account, fact.redemption_id, fact.points)
            naming.hold(connection, fact)
        case RedeemReward():
            spent = (fact.points, fact.redemption_id, fact.account, fact.sale_id)
            one_row(connection.execute(SQL["capture_hold"], spent), "captures what nobody holds")
            lots.capture(connection, fact.redemption_id, fact.points)
            activity.redeem(connection, entry.day, fact)
            # What a sale redeemed is given back when it comes back. What it captured itself is its
            # member's, though it may be held under an account that was merged since.
            *_, reward, sale_id = connection.execute(SQL["hold"], (fact.redemption_id,)).fetchone()
            rewarded = 0 if reward is None else fact.points
            whose = (sale_id, fact.account, fact.sale_id is not None)
            connection.execute(SQL["redeem_for_sale"], (fact.points, rewarded, *whose))
        case DeleteReward():
            key = (fact.points, fact.redemption_id, fact.account)
            one_row(connection.execute(SQL["release_hold"], key), "releases what nobody holds")
            back = lot_of(entry, fact.points)
            lots.release(connection, fact.account, fact.redemption_id, back)

"""What the journal means right now: balances, lots, accounts, cards, sales, holds, leases, tiers.

One function applies one entry, at the till inside the entry's own transaction and in a replay from
zero. There is no second way to change a projection. An entry that contradicts an earlier one, such
as a hold captured twice, breaks a constraint and is not written at all.
"""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AdjustPoints,
    CardState,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Enrol,
    ExpirePoints,
    LeaseGrant,
    OpenEpoch,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.postings import lease_of, postings_of
from agent.ledger import lots
from agent.ledger.lots import Lot
from agent.ledger.queries import SQL

__all__ = ["TABLES", "apply"]

TABLES = {
    "balances": "owner, bucket",
    "accounts": "account",
    "cards": "token",
    "lots": "account, earned_on, epoch, seq",
    "holds": "redemption_id",
    "held_lots": "redemption_id, earned_on, epoch, seq",
    "leases": "account",
    "tiers": "account",
    "sales": "sale_id",
    "returns": "sale_id, return_id",
    "epochs": "epoch",
}
"""Every projection with its key; a replay compares each of them row by row in that order."""


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Fold one entry into the projections.

    Costs a constant number of index look-ups, and a few more for each lot that is spent. Raises
    sqlite3.IntegrityError where the entry contradicts an earlier one.
    """
    fact = entry.fact
    balance = _post(connection, entry)
    if change := lease_of(fact):
        connection.execute(SQL["change_lease"], (fact.account, change))  # type: ignore[union-attr]  # what has a lease has an account
    match fact:
        case AccumulatePoints() | AccumulatePromotionPoints() | ClaimSale():
            _accumulate(connection, entry, fact, balance)
        case ActivatePoints():
            _activate(connection, fact, balance)
        case CreateReward() | RedeemReward() | DeleteReward():
            _redeem(connection, entry, fact, balance)
        case ReturnSale() | VoidSale():
            _unsell(connection, entry, fact, balance)
        case AdjustPoints():
            _change(connection, entry, fact.account, fact.points, balance)
        case ExpirePoints():
            lots.spend(connection, fact.account, fact.points)
        case Enrol() | CardState():
            _know_card(connection, entry, fact)
        case LeaseGrant():
            connection.execute(SQL["grant_lease"], (fact.account, fact.granted_total))
        case OpenEpoch():
            # Rights belong to an epoch: those of an earlier one are no longer this device's.
            connection.execute(SQL["forget_leases"])
            row = (entry.epoch, fact.incarnation, fact.cause, fact.reason)
            connection.execute(SQL["add_epoch"], row)
        case _:
            pass  # RATE_VISIT, LEASE_RETURN and CLOCK_JUMP say all they mean themselves


def _post(connection: sqlite3.Connection, entry: Entry) -> int:
    """Move the points; answers the active points of the member concerned, where they moved.

    Not by an upsert, whose CHECKs see the row inserted and not the sum, and not by RETURNING, for
    which SQLite builds a table: both cost more than the second statement that is seldom needed.
    """
    account = None
    for posting in postings_of(entry.fact):
        if connection.execute(SQL["post"], posting).rowcount == 0:
            connection.execute(SQL["first_posting"], posting)
        if posting.bucket == "active":
            account = posting.owner
    if account is None:
        return 0
    (points,) = connection.execute(SQL["balance"], (account, "active")).fetchone()
    return int(points)


def _accumulate(
    connection: sqlite3.Connection,
    entry: Entry,
    fact: AccumulatePoints | AccumulatePromotionPoints | ClaimSale,
    balance: int,
) -> None:
    if isinstance(fact, AccumulatePoints):
        row = (fact.sale_id, entry.epoch, entry.seq, fact.account, fact.total_minor, fact.points)
        connection.execute(SQL["add_sale"], row)
    elif isinstance(fact, ClaimSale):
        claimed = (fact.account, fact.points, fact.sale_id)
        _one_row(
            connection.execute(SQL["claim_sale"], claimed),
            "claims a sale that has a card or was voided",
        )
    if fact.account is None:
        return
    place = (entry.epoch, entry.seq)
    if isinstance(fact, ClaimSale):  # a return looks for the lot under the sale's own entry
        place = connection.execute(SQL["sale"], (fact.sale_id,)).fetchone()[:2]
    if isinstance(fact, AccumulatePromotionPoints) and fact.sale_id is not None:
        # What a promotion gave for a sale can be taken back with it.
        promoted = (fact.points, fact.sale_id, fact.account)
        connection.execute(SQL["promote_sale"], promoted)
    if isinstance(fact, AccumulatePoints):
        connection.execute(SQL["set_last_sale"], (entry.epoch, entry.seq, fact.account))
        if fact.tier is not None:
            connection.execute(SQL["set_tier"], (fact.account, fact.tier, _day(entry)))
    if fact.points:
        until = None if fact.pending_until is None else fact.pending_until.isoformat()
        lot = Lot(_day(entry), *place, fact.points)
        lots.add(connection, fact.account, lot, balance=balance, activates_on=until)


def _activate(connection: sqlite3.Connection, fact: ActivatePoints, balance: int) -> None:
    """Make whole lots active, one after the other, or each would pay the same debt."""
    if sum(part.points for part in fact.lots) != fact.points:
        raise sqlite3.IntegrityError("activates other points than its lots have")
    balance -= fact.points
    for part in fact.lots:
        balance += part.points
        place = (part.epoch, part.seq)
        lots.activate(connection, fact.account, place, part.points, balance=balance)


def _redeem(
    connection: sqlite3.Connection,
    entry: Entry,
    fact: CreateReward | RedeemReward | DeleteReward,
    balance: int,
) -> None:
    match fact:
        case CreateReward():
            place = (fact.redemption_id, entry.epoch, entry.seq, fact.account)
            connection.execute(SQL["add_hold"], (*place, fact.expires_at, fact.points))
            lots.hold(connection, fact.account, fact.redemption_id, fact.points)
        case RedeemReward():
            key = (fact.points, fact.redemption_id, fact.account)
            _one_row(connection.execute(SQL["capture_hold"], key), "captures what nobody holds")
            lots.capture(connection, fact.redemption_id, fact.points)
        case DeleteReward():
            key = (fact.points, fact.redemption_id, fact.account)
            _one_row(connection.execute(SQL["release_hold"], key), "releases what nobody holds")
            back = Lot(_day(entry), entry.epoch, entry.seq, fact.points)
            lots.release(connection, fact.account, fact.redemption_id, back, balance=balance)


def _unsell(
    connection: sqlite3.Connection, entry: Entry, fact: ReturnSale | VoidSale, balance: int
) -> None:
    taken = fact.from_active + fact.from_pending
    row = connection.execute(SQL["sale"], (fact.sale_id,)).fetchone()
    if isinstance(fact, ReturnSale):
        if row is not None and row[7]:
            raise sqlite3.IntegrityError("returns a sale that was voided")
        place = (fact.sale_id, fact.return_id, entry.epoch, entry.seq)
        connection.execute(SQL["add_return"], place)
        connection.execute(SQL["return_sale"], (fact.amount_minor, taken, fact.sale_id))
    else:
        voided = connection.execute(SQL["void_sale"], (taken, fact.sale_id))
        _one_row(voided, "voids a sale that is not there, came back whole, or was voided")
    if fact.account is None:
        return
    own_pending = own = 0
    if row is not None:  # it may be another store's sale
        made_by = (row[0], row[1])
        own_pending = lots.take_from(
            connection, fact.account, made_by, fact.from_pending, pending=True
        )
        own = lots.take_from(connection, fact.account, made_by, fact.from_active, pending=False)
    lots.spend(connection, fact.account, fact.from_pending - own_pending, pending=True)
    lots.spend(connection, fact.account, fact.from_active - own)
    if fact.given_back == fact.from_active:  # the postings cancel out, the lots do not
        row = connection.execute(SQL["balance"], (fact.account, "active")).fetchone()
        balance = 0 if row is None else row[0]
    _change(connection, entry, fact.account, fact.given_back, balance)


def _change(
    connection: sqlite3.Connection, entry: Entry, account: str, points: int, balance: int
) -> None:
    """Add a lot of the entry's own, or spend from the oldest."""
    if points > 0:
        lot = Lot(_day(entry), entry.epoch, entry.seq, points)
        lots.add(connection, account, lot, balance=balance)
    else:
        lots.spend(connection, account, -points)


def _know_card(connection: sqlite3.Connection, entry: Entry, fact: Enrol | CardState) -> None:
    if isinstance(fact, Enrol):
        connection.execute(SQL["add_account"], (fact.account, _day(entry)))
        connection.execute(SQL["add_card"], (fact.token, fact.account))
        return
    changed = (fact.state, fact.replaced_by, fact.token, fact.account)
    _one_row(connection.execute(SQL["set_card"], changed), "speaks of a card nobody has")
    if fact.replaced_by is not None:
        connection.execute(SQL["add_card"], (fact.replaced_by, fact.account))


def _one_row(changed: sqlite3.Cursor, contradiction: str) -> None:
    if changed.rowcount != 1:
        raise sqlite3.IntegrityError(contradiction)


def _day(entry: Entry) -> str:
    """The business date of an entry; entries of version 0.1 have it only in their sale."""
    if entry.business_date is not None:
        return entry.business_date.isoformat()
    if isinstance(entry.fact, AccumulatePoints):
        return entry.fact.sale.business_date.isoformat()
    return entry.recorded_at[:10]

"""What the journal means right now: balances, lots, accounts, cards, sales, holds, leases, tiers.

One function applies one entry, at the till inside the entry's own transaction and in a replay from
zero. There is no second way to change a projection. An entry that contradicts an earlier one, such
as a hold captured twice, breaks a constraint and is not written at all.
"""

import sqlite3
from datetime import date

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Enrol,
    ExpirePoints,
    OpenEpoch,
    RedeemReward,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from agent.core.flags import flags_of
from agent.core.postings import postings_of
from agent.ledger import (
    activity,
    lots,
    naming,
    progress,
    redemptions,
    referrals,
    rights,
    vouchers,
)
from agent.ledger.folding import lot_of, one_row, see
from agent.ledger.lots import Lot
from agent.ledger.queries import SQL

__all__ = ["TABLES", "apply"]

TABLES = {
    "balances": "owner, bucket",
    "accounts": "account",
    "cards": "token",
    "lots": "account, earned_on, epoch, seq",
    "holds": "redemption_id",
    "named": "redemption_id",
    "held_lots": "redemption_id, earned_on, epoch, seq",
    "vouchers": "code",
    "voucher_uses": "redemption_id",
    "leases": "account",
    "floors": "epoch, seq",
    "recalls": "account, recall",
    "tiers": "account",
    "counted": "account, business_date",
    "uses": "account, business_date, promotion",
    "promoted": "sale_id, promotion",
    "given": "promotion",
    "referrals": "account",
    "paid_referrals": "sale_id",
    "recent_sales": "account, recorded_s, sale_id",
    "things": "account, reward, code",
    "stamps": "account, card",
    "stamped": "sale_id, card",
    "sales": "sale_id",
    "returns": "sale_id, return_id",
    "adjustments": "adjust_id",
    "days": "business_date, lane, cashier, currency",
    "flags": "epoch, seq, flag",
    "epochs": "epoch",
}
"""Every projection with its key; a replay compares each of them row by row in that order."""

_Promoted = AccumulatePromotionPoints | ReturnPromotionPoints


def apply(connection: sqlite3.Connection, entry: Entry) -> None:
    """Fold one entry into the projections.

    Costs a constant number of index look-ups, and a few more for each lot that is spent. Raises
    sqlite3.IntegrityError where the entry contradicts an earlier one.
    """
    fact = entry.fact
    _post(connection, entry)
    rights.move(connection, entry)
    match fact:
        case AccumulatePoints():
            _sell(connection, entry, fact)
        case AccumulatePromotionPoints() | ReturnPromotionPoints():
            _promote(connection, entry, fact)
        case ClaimSale():
            _claim(connection, entry, fact)
        case ActivatePoints():
            _activate(connection, fact)
        case CreateReward() | RedeemReward() | DeleteReward():
            redemptions.fold(connection, entry, fact)
        case ReturnSale() | VoidSale():
            _unsell(connection, entry, fact)
        case AdjustPoints():
            _change(connection, entry, fact.account, fact.points)
            activity.adjust(connection, entry.day, entry, fact)
        case ExpirePoints():
            lots.spend(connection, fact.account, fact.points)
        case Enrol() | AddCard() | CardState():
            _know_card(connection, entry, fact)
        case OpenEpoch():
            row = (entry.epoch, fact.incarnation, fact.cause, fact.reason)
            connection.execute(SQL["add_epoch"], row)
        case _:  # RATE_VISIT, FLAG, CLOCK_JUMP and the leases' own say all they mean themselves
            vouchers.apply(connection, entry, entry.day)
    if flags_of(fact):
        activity.flag(connection, entry.day, entry)


def _post(connection: sqlite3.Connection, entry: Entry) -> None:
    """Move the points.

    Not by an upsert, whose CHECKs see the row inserted and not the sum: it costs more than the
    second statement that is seldom needed.
    """
    for posting in postings_of(entry.fact):
        if connection.execute(SQL["post"], posting).rowcount == 0:
            connection.execute(SQL["first_posting"], posting)


def _sell(connection: sqlite3.Connection, entry: Entry, fact: AccumulatePoints) -> None:
    sale = fact.summary
    bought = (fact.account, sale.total_minor, sale.currency, fact.points, fact.spend_minor)
    connection.execute(SQL["add_sale"], (fact.sale_id, entry.epoch, entry.seq, *bought))
    activity.sell(connection, fact, sale)
    if fact.account is None:
        return
    naming.sell(connection, fact, fact.account)
    _redeemed_before(connection, fact.sale_id, fact.account, fact.redeemed)
    seen = (fact.account, sale.business_date, sale.cashier)
    see(connection, "set_last_sale", fact.account, (entry.epoch, entry.seq, *seen))
    progress.sell(connection, entry, fact, fact.account, sale.business_date)
    _earn(connection, fact.account, lot_of(entry, fact.points), fact.pending_until)


def _promote(connection: sqlite3.Connection, entry: Entry, fact: _Promoted) -> None:
    if isinstance(fact, ReturnPromotionPoints):
        referrals.take_back(connection, fact)
        return
    if fact.sale_id is not None:  # what a promotion gave for a sale can be taken back with it
        connection.execute(SQL["promote_sale"], (fact.points, fact.sale_id, fact.account))
        referrals.place(connection, entry, fact)
    _earn(connection, fact.account, lot_of(entry, fact.points), fact.pending_until)


def _claim(connection: sqlite3.Connection, entry: Entry, fact: ClaimSale) -> None:
    claimed = (entry.epoch, entry.seq, fact.account, fact.points, fact.spend_minor, fact.sale_id)
    one_row(
        connection.execute(SQL["claim_sale"], claimed),
        "claims a sale that has a card or was voided",
    )
    # A return looks for the lot under the sale's own entry, which is the member's sale from now on.
    epoch, seq, *_, currency = connection.execute(SQL["sale"], (fact.sale_id,)).fetchone()
    see(connection, "count_purchase", fact.account, (fact.account, 1))
    connection.execute(SQL["set_last_sale_if_later"], (epoch, seq, fact.account))
    activity.claim(connection, entry.day, fact, currency)
    sold_on = entry.day if fact.sold_on is None else fact.sold_on.isoformat()
    progress.sell(connection, entry, fact, fact.account, sold_on)
    _redeemed_before(connection, fact.sale_id, fact.account)
    lot = Lot(sold_on, epoch, seq, fact.points)
    _earn(connection, fact.account, lot, fact.pending_until)


def _redeemed_before(
    connection: sqlite3.Connection, sale_id: str, account: str, redeemed: int | None = None
) -> None:
    """Count what was captured for a sale before the sale was there: under its own account, or under
    whichever, where that is just what the sale says was redeemed for it, as after a merge.
    """
    for under_any in (True, False):
        whose = (sale_id, account, under_any)
        found = connection.execute(SQL["redeemed_before_sale"], whose).fetchone()
        if not under_any or found[0] == redeemed:
            break
    if found[0]:
        connection.execute(SQL["redeem_for_sale"], (*found, sale_id, account, False))


def _earn(
    connection: sqlite3.Connection, account: str, lot: Lot, pending_until: date | None
) -> None:
    if pending_until is None:
        lots.add(connection, account, lot)
    else:
        lots.add_pending(connection, account, lot, pending_until.isoformat())


def _activate(connection: sqlite3.Connection, fact: ActivatePoints) -> None:
    """Make whole lots active, one after the other, or each would pay the same debt."""
    to_come = sum(part.points for part in fact.lots)
    if to_come != fact.points:
        raise sqlite3.IntegrityError("activates other points than its lots have")
    for part in fact.lots:
        to_come -= part.points
        made_by = (part.epoch, part.seq)
        lots.activate(connection, fact.account, made_by, part.points, to_come=to_come)


def _unsell(connection: sqlite3.Connection, entry: Entry, fact: ReturnSale | VoidSale) -> None:
    taken = fact.from_active + fact.from_pending
    row = connection.execute(SQL["sale"], (fact.sale_id,)).fetchone()
    sold = ("", 0) if row is None else (row[-1], row[3] - row[5])
    activity.take_back(connection, entry.day, fact, sold)
    if isinstance(fact, ReturnSale):
        if row is not None and row[7]:
            raise sqlite3.IntegrityError("returns a sale that was voided")
        place = (fact.sale_id, fact.return_id, entry.epoch, entry.seq)
        connection.execute(SQL["add_return"], place)
        came_back = (fact.amount_minor, taken, fact.given_back, fact.sale_id)
        connection.execute(SQL["return_sale"], came_back)
    else:
        voided = connection.execute(
            SQL["void_sale"], (entry.epoch, entry.seq, taken, fact.given_back, fact.sale_id)
        )
        one_row(voided, "voids a sale that is not there, came back whole, or was voided")
    if fact.account is None:
        return
    progress.bring_back(connection, fact, entry.day, row)
    own_pending = own = 0
    if row is not None:  # it may be another store's sale
        made_by = (row[0], row[1])
        own_pending = lots.take_from(
            connection, fact.account, made_by, fact.from_pending, pending=True
        )
        own = lots.take_from(connection, fact.account, made_by, fact.from_active, pending=False)
    lots.spend(connection, fact.account, fact.from_pending - own_pending, pending=True)
    lots.spend(connection, fact.account, fact.from_active - own)
    _change(connection, entry, fact.account, fact.given_back)


def _change(connection: sqlite3.Connection, entry: Entry, account: str, points: int) -> None:
    """Add a lot of the entry's own, or spend from the oldest."""
    if points > 0:
        lots.add(connection, account, lot_of(entry, points))
    else:
        lots.spend(connection, account, -points)


def _know_card(
    connection: sqlite3.Connection, entry: Entry, fact: Enrol | AddCard | CardState
) -> None:
    if isinstance(fact, Enrol):
        enrolled = connection.execute(SQL["add_account"], (fact.account, entry.day))
        one_row(enrolled, "enrols an account twice")
        referrals.refer(connection, fact)
    if not isinstance(fact, CardState):
        connection.execute(SQL["add_card"], (fact.token, fact.account))
        return
    # It may have been enrolled elsewhere, also anew: as the card of a member who was forgotten is.
    changed = (fact.token, fact.account, fact.state, fact.replaced_by)
    connection.execute(SQL["set_card"], changed)
    if fact.replaced_by is not None:
        connection.execute(SQL["add_card"], (fact.replaced_by, fact.account))

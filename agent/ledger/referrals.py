"""Who brought whom, and what a friend's sale gave for it.

A friend waits for the sale that pays; while it stands, no other one pays. What comes back below the
minimum is taken back once, and the friend waits again. Folded with every other projection; a sale
that pays for nobody costs nothing here.
"""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ClaimSale,
    Enrol,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from agent.ledger import lots
from agent.ledger.queries import SQL

__all__ = ["friends_part", "pay", "place", "refer", "take_back"]


def refer(connection: sqlite3.Connection, fact: Enrol) -> None:
    """Know who brought a new member, where somebody did."""
    if fact.referred_by is not None:
        connection.execute(SQL["refer"], (fact.account, fact.referred_by))


def pay(connection: sqlite3.Connection, fact: AccumulatePoints | ClaimSale, account: str) -> None:
    """Know what a member's sale gives for their having been brought, where it gives anything."""
    paid = fact.referral
    if paid is None:
        return
    settled = connection.execute(SQL["settle_referral"], (fact.sale_id, account, paid.referrer))
    if settled.rowcount != 1:
        raise sqlite3.IntegrityError("pays for a friend who does not wait for it")
    what = (paid.promotion, paid.points, paid.friend_points, paid.spent_minor, paid.minimum_minor)
    connection.execute(SQL["pay_referral"], (fact.sale_id, account, paid.referrer, *what))


def place(connection: sqlite3.Connection, entry: Entry, fact: AccumulatePromotionPoints) -> None:
    """Know which entry gave the referrer their points. Other promotions of a sale are none."""
    given = (fact.sale_id, fact.account, fact.promotion, fact.points)
    placed = connection.execute(SQL["place_referral"], (entry.epoch, entry.seq, *given))
    if placed.rowcount == 0:
        row = connection.execute(SQL["paid_referral"], (fact.sale_id,)).fetchone()
        if row is not None and row[1] == fact.promotion:
            raise sqlite3.IntegrityError("gives a referrer what their friend's sale does not")


def friends_part(connection: sqlite3.Connection, fact: ReturnSale | VoidSale) -> tuple[int, int]:
    """Answer what a sale gave its own member for having been brought, and what is taken of that
    with this fact and those before it: all or nothing.
    """
    row = connection.execute(SQL["paid_referral"], (fact.sale_id,)).fetchone()
    if row is None:
        return 0, 0
    is_gone = bool(row[8]) or fact.referrer is not None
    return row[3], row[3] if is_gone else 0


def take_back(connection: sqlite3.Connection, fact: ReturnPromotionPoints) -> None:
    """Take a referrer's points out of the lot that gave them, and else out of the oldest."""
    row = connection.execute(SQL["paid_referral"], (fact.sale_id,)).fetchone()
    taken = (fact.sale_id, fact.account, fact.promotion)
    if connection.execute(SQL["take_referral_back"], taken).rowcount != 1:
        raise sqlite3.IntegrityError("takes back what no friend's sale gave, or once more")
    connection.execute(SQL["reopen_referral"], (fact.sale_id,))
    made_by = (row[6], row[7])
    for points, pending in ((fact.from_pending, True), (fact.from_active, False)):
        own = lots.take_from(connection, fact.account, made_by, points, pending=pending)
        lots.spend(connection, fact.account, points - own, pending=pending)

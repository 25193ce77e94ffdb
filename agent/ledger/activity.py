"""What tills and cashiers did: each day's sums by lane and cashier, and the flags.

Folded with every other projection, entry by entry, so that a day matches its journal. Each entry
costs one row of its day at most, and one for each flag.
"""

import sqlite3
from typing import NamedTuple

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AdjustPoints,
    ClaimSale,
    IssueVoucher,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.facts.sales import SaleSummary
from agent.core.flags import flags_of
from agent.ledger.folding import see
from agent.ledger.queries import SQL
from agent.ledger.rows import FlagRow

__all__ = ["DayChange", "adjust", "claim", "flag", "redeem", "sell", "take_back"]


class DayChange(NamedTuple):
    """What one entry adds to its day. Money in whole minor units, points in whole points."""

    sales: int = 0
    total_minor: int = 0
    points: int = 0
    claims: int = 0
    redemptions: int = 0
    redeemed_points: int = 0
    returns: int = 0
    returned_minor: int = 0
    voids: int = 0
    voided_minor: int = 0
    points_taken: int = 0
    points_given: int = 0
    adjustments: int = 0
    adjusted_points: int = 0
    adjusted_net: int = 0


def sell(connection: sqlite3.Connection, fact: AccumulatePoints, sale: SaleSummary) -> None:
    """Add a sale to the day the POS said, under the lane and cashier that sold it."""
    key = (sale.business_date, sale.lane, sale.cashier, sale.currency)
    _add(connection, key, DayChange(sales=1, total_minor=sale.total_minor, points=fact.points))


def claim(connection: sqlite3.Connection, day: str, fact: ClaimSale, currency: str) -> None:
    """Add what a card that was attached late brought."""
    _add(connection, (*_by(day, fact), currency), DayChange(points=fact.points, claims=1))


def redeem(connection: sqlite3.Connection, day: str, fact: RedeemReward | IssueVoucher) -> None:
    """Add points that were spent, on a redemption or a voucher, and know when the member was
    active.
    """
    see(connection, "set_last_redeemed", fact.account, (day, fact.account))
    change = DayChange(redemptions=1, redeemed_points=fact.points)
    _add(connection, (*_by(day, fact), ""), change)


def take_back(
    connection: sqlite3.Connection, day: str, fact: ReturnSale | VoidSale, sale: tuple[str, int]
) -> None:
    """Add a return, or a void; ``sale`` is the sale's currency and what was left of its total."""
    currency, left_minor = sale
    is_return = isinstance(fact, ReturnSale)
    change = DayChange(
        returns=int(is_return),
        returned_minor=fact.amount_minor if isinstance(fact, ReturnSale) else 0,
        voids=int(not is_return),
        voided_minor=0 if is_return else left_minor,
        points_taken=fact.from_active + fact.from_pending,
        points_given=fact.given_back,
    )
    _add(connection, (*_by(day, fact), currency), change)


def adjust(connection: sqlite3.Connection, day: str, entry: Entry, fact: AdjustPoints) -> None:
    """Add an adjustment by its size, whichever its sign, and know its id."""
    by = fact.points
    change = DayChange(adjustments=1, adjusted_points=abs(by), adjusted_net=by)
    _add(connection, (*_by(day, fact), ""), change)
    if fact.adjust_id is not None:
        place = (fact.adjust_id, entry.epoch, entry.seq)
        connection.execute(SQL["add_adjustment"], place)


def flag(connection: sqlite3.Connection, day: str, entry: Entry) -> None:
    """Keep the flags of an entry."""
    fact = entry.fact
    by_whom = fact.summary if isinstance(fact, AccumulatePoints) else fact
    for name in flags_of(fact):
        row = FlagRow(
            epoch=entry.epoch,
            seq=entry.seq,
            flag=name,
            business_date=day,
            recorded_at=entry.recorded_at,
            account=getattr(fact, "account", None),
            lane=getattr(by_whom, "lane", None),
            cashier=getattr(by_whom, "cashier", None),
            sale_id=getattr(fact, "sale_id", None),
            reason=getattr(fact, "reason", ""),
        )
        connection.execute(SQL["add_flag"], row)


def _by(
    day: str,
    fact: ClaimSale | RedeemReward | IssueVoucher | ReturnSale | VoidSale | AdjustPoints,
) -> tuple[str, str, str]:
    return day, fact.lane or "", fact.cashier or ""


def _add(connection: sqlite3.Connection, key: tuple[str, str, str, str], change: DayChange) -> None:
    if connection.execute(SQL["add_to_day"], (*key, *change)).rowcount == 0:
        connection.execute(SQL["begin_day"], (*key, *change))

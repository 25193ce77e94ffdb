"""What every projection asks of an entry, and how one says that an entry contradicts another."""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints
from agent.ledger.lots import Lot
from agent.ledger.queries import SQL

__all__ = ["day_of", "lot_of", "one_row", "see"]


def one_row(changed: sqlite3.Cursor, contradiction: str) -> None:
    if changed.rowcount != 1:
        raise sqlite3.IntegrityError(contradiction)


def day_of(entry: Entry) -> str:
    """The business date of an entry; entries of version 0.1 have it only in their sale."""
    if entry.business_date is not None:
        return entry.business_date.isoformat()
    if isinstance(entry.fact, AccumulatePoints):
        return entry.fact.summary.business_date
    return entry.recorded_at[:10]


def lot_of(entry: Entry, points: int) -> Lot:
    """Answer the lot that an entry brings."""
    return Lot(day_of(entry), entry.epoch, entry.seq, points)


def see(connection: sqlite3.Connection, query: str, account: str, row: tuple[object, ...]) -> None:
    """Change what is known of a member, who may have been enrolled elsewhere."""
    if connection.execute(SQL[query], row).rowcount == 0:
        connection.execute(SQL["see_account"], (account,))
        connection.execute(SQL[query], row)

"""What every projection asks of an entry, and how one says that an entry contradicts another."""

import sqlite3

from agent.core.entry import Entry
from agent.ledger.lots import Lot
from agent.ledger.queries import SQL

__all__ = ["lot_of", "one_row", "see"]


def one_row(changed: sqlite3.Cursor, contradiction: str) -> None:
    if changed.rowcount != 1:
        raise sqlite3.IntegrityError(contradiction)


def lot_of(entry: Entry, points: int) -> Lot:
    """Answer the lot that an entry brings."""
    return Lot(entry.day, entry.epoch, entry.seq, points)


def see(connection: sqlite3.Connection, query: str, account: str, row: tuple[object, ...]) -> None:
    """Change what is known of a member, who may have been enrolled elsewhere."""
    if connection.execute(SQL[query], row).rowcount == 0:
        connection.execute(SQL["see_account"], (account,))
        connection.execute(SQL[query], row)

"""Lots: points in the order they are spent, the oldest business date first.

A lot is what one entry brought, less what has been spent of it. The active lots of an account add
up to its balance, or to nothing while it is in debt: points that come in pay the debt before they
make a lot, and nothing is spent that is not there. The pending lots add up to its pending points.
Every function costs a few index look-ups for each lot it touches, and none for those it leaves
alone.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agent.ledger.queries import SQL

__all__ = [
    "Lot",
    "activate",
    "add",
    "add_pending",
    "capture",
    "hold",
    "release",
    "spend",
    "take_from",
]


class Lot(NamedTuple):
    """Points of one account: when they were earned, by which entry, and how many are left."""

    earned_on: str
    epoch: int
    seq: int
    points: int

    @property
    def key(self) -> tuple[str, int, int]:
        """What names it within its account."""
        return (self.earned_on, self.epoch, self.seq)


def add(connection: sqlite3.Connection, account: str, lot: Lot, *, to_come: int = 0) -> None:
    """Put points that came in, and are posted, into a lot, less what a debt takes of them.

    ``to_come`` is how many of the points that were posted with these are still to be added.
    """
    connection.execute(SQL["add_lot_beyond_debt"], (account, *lot, to_come))


def add_pending(connection: sqlite3.Connection, account: str, lot: Lot, activates_on: str) -> None:
    """Put points that have to wait into a lot; they pay no debt before they are active."""
    if lot.points > 0:
        connection.execute(SQL["add_lot"], (account, *lot, activates_on))


def spend(
    connection: sqlite3.Connection, account: str, points: int, *, pending: bool = False
) -> list[Lot]:
    """Take points out of the active lots, or the pending ones, the oldest first.

    Answers the parts taken.
    """
    parts = []
    while points > 0:
        oldest = SQL["oldest_pending_lot" if pending else "oldest_lot"]
        row = connection.execute(oldest, (account,)).fetchone()
        if row is None:
            break
        lot = Lot(*row)
        taken = min(lot.points, points)
        _shrink(connection, account, lot, taken)
        parts.append(lot._replace(points=taken))
        points -= taken
    return parts


def take_from(
    connection: sqlite3.Connection,
    account: str,
    entry: tuple[int, int],
    points: int,
    *,
    pending: bool,
) -> int:
    """Take points out of the lot that one entry made; answers how many were there to take.

    Looks among the account's own lots.
    """
    if points <= 0:
        return 0
    row = connection.execute(SQL["lot"], (account, *entry)).fetchone()
    if row is None or (row[2] is not None) != pending:
        return 0
    lot = Lot(row[0], *entry, row[1])
    taken = min(points, lot.points)
    _shrink(connection, account, lot, taken)
    return taken


def activate(
    connection: sqlite3.Connection,
    account: str,
    entry: tuple[int, int],
    points: int,
    *,
    to_come: int,
) -> None:
    """Make what is pending of a lot active; ``to_come`` as ``add`` has it."""
    row = connection.execute(SQL["lot"], (account, *entry)).fetchone()
    if row is None or row[2] is None or row[1] != points:
        raise sqlite3.IntegrityError("activates what is not all that is pending of a lot")
    lot = Lot(row[0], *entry, points)
    connection.execute(SQL["drop_lot"], (account, *lot.key))
    add(connection, account, lot, to_come=to_come)


def hold(connection: sqlite3.Connection, account: str, redemption_id: str, points: int) -> None:
    """Hold points for a redemption, remembering which lots they came from."""
    for part in spend(connection, account, points):
        connection.execute(SQL["add_held_lot"], (redemption_id, *part))


def capture(connection: sqlite3.Connection, redemption_id: str, points: int) -> None:
    """Spend what was held, the oldest lots first."""
    for lot, taken in _parts(_held(connection, redemption_id), points):
        _shrink_held(connection, redemption_id, lot, taken)


def release(
    connection: sqlite3.Connection,
    account: str,
    redemption_id: str,
    released: Lot,
) -> None:
    """Give held points, which are posted, back to the lots they came from, the youngest first.

    A debt takes its part of the oldest. What was held beyond the lots comes back as the lot of the
    entry that released it.
    """
    (balance,) = connection.execute(SQL["own_balance"], (account, "active")).fetchone()
    kept = min(released.points, max(0, balance))
    for lot, taken in _parts(reversed(_held(connection, redemption_id)), released.points):
        _shrink_held(connection, redemption_id, lot, taken)
        back, kept = min(taken, kept), max(0, kept - taken)
        if back > 0:
            connection.execute(SQL["add_lot"], (account, *lot.key, back, None))
    if kept > 0:
        connection.execute(SQL["add_lot"], (account, *released.key, kept, None))


def _held(connection: sqlite3.Connection, redemption_id: str) -> list[Lot]:
    return [Lot(*row) for row in connection.execute(SQL["held_lots"], (redemption_id,))]


def _parts(lots: Iterable[Lot], points: int) -> Iterator[tuple[Lot, int]]:
    """Split points over lots in order, until the points or the lots run out."""
    for lot in lots:
        if points <= 0:
            return
        taken = min(lot.points, points)
        points -= taken
        yield lot, taken


def _shrink(connection: sqlite3.Connection, account: str, lot: Lot, taken: int) -> None:
    if taken == lot.points:
        connection.execute(SQL["drop_lot"], (account, *lot.key))
    else:
        connection.execute(SQL["resize_lot"], (lot.points - taken, account, *lot.key))


def _shrink_held(connection: sqlite3.Connection, redemption_id: str, lot: Lot, taken: int) -> None:
    if taken == lot.points:
        connection.execute(SQL["drop_held_lot"], (redemption_id, *lot.key))
    else:
        connection.execute(SQL["resize_held_lot"], (lot.points - taken, redemption_id, *lot.key))

"""Vouchers as the projections hold them: whose each was, and which redemption holds or used it.

A voucher is issued, then held by one redemption, then used by it; what ends a hold, or a sale that
came back whole, makes it issued again, and one that went with its sale is gone. Each step asks for
the one before it, so that a second use of a voucher breaks a constraint whoever writes it. An
entry costs two or three index look-ups.
"""

import sqlite3

from agent.core.entry import Entry
from agent.core.facts import (
    HoldVoucher,
    IssueVoucher,
    ReleaseVoucher,
    UseVoucher,
    WithdrawVoucher,
)
from agent.ledger import activity, lots
from agent.ledger.day_view import DayView
from agent.ledger.queries import SQL
from agent.ledger.rows import VoucherRow, VoucherUseRow

__all__ = ["VoucherView", "apply"]


class VoucherView(DayView):
    """Reads vouchers and the redemptions that held them."""

    def voucher(self, code: str) -> VoucherRow | None:
        """Find a voucher by its code in its written form."""
        row = self._connection.execute(SQL["voucher"], (code,)).fetchone()
        return None if row is None else VoucherRow.of(row)

    def code_of_voucher(self, voucher_id: str) -> str | None:
        """Answer the code of the voucher that a POS asked for under an id."""
        row = self._connection.execute(SQL["code_of_voucher"], (voucher_id,)).fetchone()
        return None if row is None else str(row[0])

    def vouchers_with_sale(self, sale_id: str) -> list[str]:
        """List the codes of vouchers that came with a sale and are neither held nor used."""
        rows = self._connection.execute(SQL["vouchers_with_sale"], (sale_id,)).fetchall()
        return [code for (code,) in rows]

    def voucher_use(self, redemption_id: str) -> VoucherUseRow | None:
        """Find the redemption of a voucher, however it stands."""
        row = self._connection.execute(SQL["voucher_use"], (redemption_id,)).fetchone()
        return None if row is None else VoucherUseRow(row[0], (row[1], row[2]), *row[3:])

    def voucher_uses_of_sale(self, sale_id: str, state: str) -> list[str]:
        """List the redemptions of vouchers for a sale that stand so: ``held``, ``used`` …"""
        key = (sale_id, state)
        rows = self._connection.execute(SQL["voucher_uses_of_sale"], key).fetchall()
        return [redemption_id for (redemption_id,) in rows]

    def overdue_vouchers(self, now: str, *, beyond: str, at_most: int) -> list[str]:
        """List redemptions of vouchers as ``View.overdue_holds`` does those of points."""
        rows = self._connection.execute(SQL["overdue_vouchers"], (now, beyond, at_most)).fetchall()
        return [redemption_id for redemption_id, _ in rows]


def apply(connection: sqlite3.Connection, entry: Entry, day: str) -> None:
    """Fold one entry, if it is about a voucher; its points are posted already.

    Raises sqlite3.IntegrityError where it contradicts an earlier one.
    """
    match fact := entry.fact:
        case IssueVoucher():
            _issue(connection, entry, fact)
            if fact.reward is not None:
                thing = (fact.account, fact.reward, fact.code, day)
                connection.execute(SQL["add_thing"], thing)
            lots.spend(connection, fact.account, fact.points)
            if fact.points:
                activity.redeem(connection, day, fact)
        case HoldVoucher():
            _hold(connection, entry, fact)
        case UseVoucher():
            used = (fact.code, fact.account, fact.redemption_id)
            _one_row(connection, "use_voucher", used, "uses a voucher that it does not hold")
            ended = (fact.sale_id, fact.redemption_id)
            _one_row(connection, "end_voucher_use", ended, "uses a voucher twice")
        case ReleaseVoucher():
            freed = (fact.code, fact.account, fact.redemption_id)
            _one_row(connection, "free_voucher", freed, "releases a voucher that it does not hold")
            why = (fact.reason, fact.redemption_id)
            _one_row(connection, "free_voucher_use", why, "releases a voucher it has not so")
        case WithdrawVoucher():
            gone = (fact.code, fact.account)
            _one_row(connection, "withdraw_voucher", gone, "withdraws a voucher that is not there")


def _hold(connection: sqlite3.Connection, entry: Entry, fact: HoldVoucher) -> None:
    held = (fact.redemption_id, fact.code, fact.account)
    _one_row(connection, "hold_voucher", held, "holds a voucher that is not to be had")
    place = (fact.redemption_id, entry.epoch, entry.seq)
    row = (*place, fact.code, fact.expires_at, fact.sale_id)
    _one_row(connection, "add_voucher_use", row, "holds a voucher under another's id")


def _issue(connection: sqlite3.Connection, entry: Entry, fact: IssueVoucher) -> None:
    made = (fact.code, entry.epoch, entry.seq, fact.account, fact.points)
    worth = (fact.value_minor, fact.currency, fact.reward)
    last_day = None if fact.good_until is None else fact.good_until.isoformat()
    asked = (int(fact.partner), fact.voucher_id, fact.sale_id)
    connection.execute(SQL["add_voucher"], (*made, *worth, last_day, *asked))


def _one_row(
    connection: sqlite3.Connection, query: str, row: tuple[object, ...], contradiction: str
) -> None:
    if connection.execute(SQL[query], row).rowcount != 1:
        raise sqlite3.IntegrityError(contradiction)

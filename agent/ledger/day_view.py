"""Questions about what tills and cashiers did: a day's sums, adjustments, flags."""

from agent.ledger.activity import DayChange
from agent.ledger.mirror_view import MirrorView
from agent.ledger.queries import SQL
from agent.ledger.rows import FlagRow

__all__ = ["DayView"]


class DayView(MirrorView):
    """Reads what ``activity.py`` folds."""

    def day(self, business_date: str) -> list[tuple[str, str, str, DayChange]]:
        """Answer a business date's sums as (lane, cashier, currency, sums).

        Reads a row for each lane, cashier and currency of that day.
        """
        rows = self._connection.execute(SQL["day"], (business_date,)).fetchall()
        return [(*row[:3], DayChange(*row[3:])) for row in rows]

    def adjusted_by(self, cashier: str, business_date: str) -> int:
        """Answer how many points a cashier has adjusted on a day, whichever the sign.

        ``ANN`` and ``ann`` are one cashier.
        """
        row = self._connection.execute(SQL["adjusted_by_cashier"], (business_date, cashier))
        return int(row.fetchone()[0])

    def adjustment(self, adjust_id: str) -> tuple[int, int] | None:
        """Find the entry of an adjustment."""
        row = self._connection.execute(SQL["adjustment"], (adjust_id,)).fetchone()
        return None if row is None else (row[0], row[1])

    def flags_after(self, after: tuple[int, int, str], *, at_most: int) -> list[FlagRow]:
        """List up to ``at_most`` flags after (epoch, seq, flag), in the journal's order."""
        rows = self._connection.execute(SQL["flags"], (*after, at_most)).fetchall()
        return [FlagRow(*row) for row in rows]

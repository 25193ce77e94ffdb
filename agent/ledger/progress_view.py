"""What a program counts of a member, as it is asked for."""

from datetime import date

from agent.core.account import Use
from agent.core.instant import HOUR_S
from agent.core.tiers import Standing
from agent.ledger.queries import SQL
from agent.ledger.rights_view import RightsView
from agent.ledger.rows import PaidReferral

__all__ = ["ProgressView"]

_NONE = [0, 0]


class ProgressView(RightsView):
    """Reads tiers, what counts toward them, what promotions gave, who brought whom, and stamps."""

    def standing(self, account: str) -> Standing | None:
        """Answer the tier that an account was last said to be in."""
        row = self._connection.execute(SQL["tier"], (account,)).fetchone()
        if row is None:
            return None
        tier, since, kept_until = row
        last_day = None if kept_until is None else date.fromisoformat(kept_until)
        return Standing(tier=tier, since=date.fromisoformat(since), kept_until=last_day)

    def counted(self, account: str, first: date, last: date) -> tuple[int, int]:
        """Add up what counts toward tiers and limits from one business date to another: points,
        and money in minor units. Costs a row for each day on which something was bought.
        """
        key = (account, first.isoformat(), last.isoformat())
        points, spend_minor = self._connection.execute(SQL["counted_between"], key).fetchone()
        return points, spend_minor

    def uses(self, account: str, day: date) -> dict[str, Use]:
        """Answer what an account had of each promotion, by its id, with what it had on a day."""
        rows = self._connection.execute(SQL["uses_of"], (account, day.isoformat())).fetchall()
        had = {(promotion, is_today): use for promotion, is_today, *use in rows}
        return {
            promotion: Use(
                times=times,
                points=points,
                times_today=had.get((promotion, 1), _NONE)[0],
                points_today=had.get((promotion, 1), _NONE)[1],
            )
            for (promotion, is_today), (times, points) in had.items()
            if not is_today
        }

    def given(self) -> dict[str, int]:
        """Answer how many points of each promotion this device gave, by its id."""
        return dict(self._connection.execute(SQL["given"]).fetchall())

    def sales_around(self, account: str, occurred_s: int, recorded_s: int) -> int:
        """Count an account's sales that earned within an hour of a moment by both clocks, the POS's
        and the device's, each in seconds since 1970. Costs a row for each.
        """
        key = (account, recorded_s, occurred_s, HOUR_S)
        return int(self._connection.execute(SQL["count_recent_sales"], key).fetchone()[0])

    def referrer_of(self, account: str) -> str | None:
        """Answer who brought a member for whom no sale has paid yet, or None."""
        row = self._connection.execute(SQL["referrer_of"], (account,)).fetchone()
        return None if row is None else str(row[0])

    def paid_referral(self, sale_id: str) -> PaidReferral | None:
        """Answer what a sale gave for its member's having been brought; None where nothing."""
        row = self._connection.execute(SQL["paid_referral"], (sale_id,)).fetchone()
        if row is None:
            return None
        *what, epoch, seq, is_back = row
        return PaidReferral._make((*what, (epoch, seq), bool(is_back)))

    def things_given(self, account: str, reward: str) -> list[date]:
        """List the business dates on which an account was given a thing that costs nothing."""
        rows = self._connection.execute(SQL["things_given"], (account, reward)).fetchall()
        return [date.fromisoformat(given_on) for (given_on,) in rows]

    def things_to_be_had(self, account: str, day: date) -> dict[str, str]:
        """Answer the things that an account was given and that are good on a business date: by the
        reward or stamp card the code of the one that is gone first.
        """
        key = (account, day.isoformat())
        rows = self._connection.execute(SQL["things_to_be_had"], key).fetchall()
        return {reward: code for reward, code, _ in reversed(rows)}

    def stamps(self, account: str) -> dict[str, int]:
        """Answer the stamps on an account's cards, below zero where some are owed."""
        return dict(self._connection.execute(SQL["stamps_of"], (account,)).fetchall())

    def stamped(self, sale_id: str) -> list[tuple[str, str, int, int, int]]:
        """List the cards that a sale added to: card, text, how many fill it, the stamps that it
        brought, and those that were taken back.
        """
        return self._connection.execute(SQL["stamped"], (sale_id,)).fetchall()

    def lots(self, account: str) -> list[tuple[int, str]]:
        """List an account's active lots, the oldest first: points, and the day they were earned."""
        return self._connection.execute(SQL["lots_of"], (account,)).fetchall()

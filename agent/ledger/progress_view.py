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
        """Answer the tier that a member was last said to be in, here or elsewhere.

        What head office told without saying since when gives way to what the journal here says; of
        two of one day the one that is kept counts, as the lowest is not.
        """
        said = []
        for each in self.family(account):
            row = self._connection.execute(SQL["tier"], (each,)).fetchone()
            told = self.mirrored(each)
            if row is not None:
                said.append(_standing(*row))
            if told is not None and told.tier is not None:
                said.append(_standing(told.tier, told.tier_since, told.tier_until))
        return max(said, key=lambda each: (each.since, each.kept_until or date.min), default=None)

    def counted(self, account: str, first: date, last: date) -> tuple[int, int]:
        """Add up what counts here toward tiers and limits from one business date to another:
        points, and money in minor units. Costs a row for each day on which something was bought.
        """
        points = spend_minor = 0
        for each in self.family(account):
            key = (each, first.isoformat(), last.isoformat())
            row = self._connection.execute(SQL["counted_between"], key).fetchone()
            points, spend_minor = points + row[0], spend_minor + row[1]
        return points, spend_minor

    def reached(self, account: str, first: date, last: date) -> tuple[int, int]:
        """Answer what counts toward tiers from one business date to another: what counts here, or
        what head office has told of all stores, where that is more. It tells months, of which one
        that began before is left out.
        """
        points, spend_minor = self.counted(account, first, last)
        begins = first.isoformat()[:7] if first.day == 1 else f"{first.isoformat()[:7]}-"
        months = [
            month
            for each in self.family(account)
            if (told := self.mirrored(each)) is not None
            for month in told.toward
            if begins <= month[0] <= last.isoformat()[:7]
        ]
        if not months:  # what counts here may be less than nothing, once goods came back
            return points, spend_minor
        return (
            max(points, sum(month[1] for month in months)),
            max(spend_minor, sum(month[2] for month in months)),
        )

    def uses(self, account: str, day: date) -> dict[str, Use]:
        """Answer what a member had here of each promotion, by its id, with what they had on a
        day.
        """
        had: dict[tuple[str, int], list[int]] = {}
        for each in self.family(account):
            rows = self._connection.execute(SQL["uses_of"], (each, day.isoformat())).fetchall()
            for promotion, is_today, times, points in rows:
                before = had.get((promotion, is_today), _NONE)
                had[promotion, is_today] = [before[0] + times, before[1] + points]
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
        """List the business dates on which a member was given a thing that costs nothing."""
        keys = [(each, reward) for each in self.family(account)]
        asked = [self._connection.execute(SQL["things_given"], key).fetchall() for key in keys]
        return sorted(date.fromisoformat(given_on) for rows in asked for (given_on,) in rows)

    def things_to_be_had(self, account: str, day: date) -> dict[str, str]:
        """Answer the things that a member was given and that are good on a business date: by the
        reward or stamp card the code of the one that is gone first.
        """
        keys = [(each, day.isoformat()) for each in self.family(account)]
        asked = [self._connection.execute(SQL["things_to_be_had"], key).fetchall() for key in keys]
        found = sorted(
            (good_until or "9999", code, reward)
            for rows in asked
            for reward, code, good_until in rows
        )
        return {reward: code for _, code, reward in reversed(found)}

    def stamps(self, account: str) -> dict[str, int]:
        """Answer the stamps on a member's cards, below zero where some are owed."""
        found: dict[str, int] = {}
        for each in self.family(account):
            for card, stamps in self._connection.execute(SQL["stamps_of"], (each,)).fetchall():
                found[card] = found.get(card, 0) + stamps
        return found

    def stamped(self, sale_id: str) -> list[tuple[str, str, int, int, int]]:
        """List the cards that a sale added to: card, text, how many fill it, the stamps that it
        brought, and those that were taken back.
        """
        return self._connection.execute(SQL["stamped"], (sale_id,)).fetchall()


def _standing(tier: str, since: str | None, kept_until: str | None) -> Standing:
    return Standing(
        tier=tier,
        since=date.min if since is None else date.fromisoformat(since),
        kept_until=None if kept_until is None else date.fromisoformat(kept_until),
    )

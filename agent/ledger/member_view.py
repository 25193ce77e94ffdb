"""Members and their points as a till sees them: what the journal here says, and what head office
told of the rest of the world.

This is the one place that puts the two together; whoever asks for a balance, a card or a lot asks
here. A member whom head office alone knows is a member like any other; one who was erased is
nobody.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from agent.core.tokens import Token
from agent.ledger.progress_view import ProgressView
from agent.ledger.queries import SQL
from agent.ledger.rows import AccountRow, Profile

__all__ = ["MemberView"]

_STRICTEST = ("replaced", "lost", "blocked", "active")
"""A card of which the journal here and head office say two things stands as the stricter says:
either may not have heard the other yet, and no till makes a card good again. But what the journal
here says of a member who was forgotten says nothing of whoever was given their card.
"""


_OWN, _TOLD = 0, 1
"""Who says whose a card is: the journal here, or head office."""


class MemberView(ProgressView):
    """Reads accounts, cards, points and lots."""

    def account_of(self, token: Token) -> AccountRow | None:
        """Find the account that a card belongs to."""
        said = self._said_of(token)
        if not said:
            return None
        if len(said) > 1 and self._is_handed_over(said[_OWN][0], said[_TOLD][0]):
            del said[_OWN]
        state = _strictest([state for _, state in said.values()])
        account, _ = said.get(_TOLD) or said[_OWN]
        return self._row(account, state, is_card=True)

    def account(self, account: str) -> AccountRow | None:
        """Find an account that no card was shown for."""
        return self._row(account, "active")

    def is_card(self, token: Token) -> bool:
        """Say whether a card was ever somebody's, also of a person who was forgotten since."""
        return bool(self._said_of(token))

    def journaled_account(self, token: Token) -> str | None:
        """Answer the account that the journal here names for a card; it may be merged since."""
        said = self._said_of(token).get(_OWN)
        return None if said is None else said[0]

    def cards_of(self, account: str) -> list[tuple[str, str]]:
        """List a member's cards as (token, state)."""
        found: dict[str, str] = {}
        for each in self.family(account):
            for token, state in self._connection.execute(SQL["cards_of_account"], (each,)):
                found[token] = _strictest([state, found.get(token)])
        return sorted(found.items())

    def balance(self, account: str, bucket: str = "active") -> int:
        """Answer a member's points in one bucket: those of the journal here and those elsewhere."""
        family = self.family(account)
        points = sum(self.own_balance(each, bucket) for each in family)
        if bucket in ("active", "pending"):
            told = (self.mirrored(each) for each in family)
            points += sum(getattr(each, bucket) for each in told if each is not None)
        return points

    def own_balance(self, account: str, bucket: str = "active") -> int:
        """Answer what the journal here alone makes of one account; it may be below zero."""
        row = self._connection.execute(SQL["own_balance"], (account, bucket)).fetchone()
        return 0 if row is None else int(row[0])

    def knows(self, account: str) -> bool:
        """Say whether an account was enrolled or its points moved, here or elsewhere."""
        known = self._connection.execute(SQL["is_account"], (account,)).fetchone() is not None
        return known and not self.erased(account)

    def balances(self) -> dict[str, int]:
        """Answer every member's active points, as ``balance`` does. Reads them all."""
        found: dict[str, int] = {}
        for account, points in self._connection.execute(SQL["balances_with_mirror"]).fetchall():
            root = self.root(account)
            found[root] = found.get(root, 0) + points
        return {account: found[account] for account in sorted(found) if self.knows(account)}

    def lots(self, account: str) -> list[tuple[int, str]]:
        """List a member's active lots, the oldest first: points, and the day they were earned.

        They are what head office told of all stores, and what came here since, up to the balance:
        what is spent is the oldest. Points whose day nobody told are in none.
        """
        family = self.family(account)
        here = [
            lot
            for each in family
            for lot in self._connection.execute(SQL["lots_of"], (each,)).fetchall()
        ]
        told = [each for each in map(self.mirrored, family) if each is not None]
        heard = self.acknowledged() if told else (-1, 0)
        lots = [(points, day) for points, day, *place in here if tuple(place) > heard]
        lots += [(points, day) for each in told for day, points in each.lots]
        beyond = sum(points for points, _ in lots) - max(0, self.balance(account))
        # Of what head office has heard it may not have told yet.
        known = [(points, day) for points, day, *place in here if tuple(place) <= heard]
        lots += _newest(known, -beyond)
        return _without_oldest(sorted(lots, key=lambda lot: lot[1]), beyond)

    def profile(self, account: str) -> Profile | None:
        """Answer what is known of a person."""
        for each in self.family(account):
            row = self._connection.execute(SQL["profile_of"], (each,)).fetchone()
            if row is not None:
                return Profile(account=row[0], display_name=row[1], birthday=row[2], phone=row[3])
        return None

    def account_of_phone(self, phone: str) -> str | None:
        """Find the account of a telephone number."""
        row = self._connection.execute(SQL["account_of_phone"], (phone,)).fetchone()
        return None if row is None else self.root(row[0])

    def _said_of(self, token: Token) -> dict[int, tuple[str, str]]:
        """Answer whose a card is and how it stands, by the journal here and by head office."""
        rows = self._connection.execute(SQL["whose_card"], (str(token),)).fetchall()
        return {by_whom: (account, state) for by_whom, account, state in rows}

    def _is_handed_over(self, before: str, now: str) -> bool:
        """Say whether the card of a member who was forgotten is somebody else's now."""
        return self.root(before) != self.root(now) and self.erased(before)

    def _row(self, account: str, card_state: str, *, is_card: bool = False) -> AccountRow | None:
        """Put a member together; None where there is no such account, or the person was erased.

        Whose card is known is known: head office may have told of the card alone by now.
        """
        family = self.family(account)
        told = self.mirrored(family[0])
        key = SQL["account"]
        seen = [self._connection.execute(key, (each,)).fetchone() for each in family]
        seen = [row for row in seen if row is not None]
        if (told is not None and told.erased) or not (is_card or told or seen):
            return None
        row = AccountRow.of(family[0], seen, card_state, self.balance(family[0]))
        if told is None:
            return row
        enrolled_on = told.enrolled_on or row.enrolled_on
        return replace(
            row,
            enrolled_on=enrolled_on,
            bought_anywhere=told.bought,
            last_elsewhere=told.last_active_on,
        )


def _strictest(states: Sequence[str | None]) -> str:
    return next(each for each in _STRICTEST if each in states)


def _newest(lots: list[tuple[int, str]], points: int) -> list[tuple[int, str]]:
    """Answer so many points of the newest lots."""
    there = sum(each for each, _ in lots)
    return _without_oldest(sorted(lots, key=lambda lot: lot[1]), there - max(0, points))


def _without_oldest(lots: list[tuple[int, str]], points: int) -> list[tuple[int, str]]:
    kept = []
    for there, day in lots:
        taken = max(0, min(there, points))
        points -= taken
        if there > taken:
            kept.append((there - taken, day))
    return kept

"""What head office told of members, as it is asked for: who stands for whom, and what is elsewhere.

A member is a family of accounts: the one that stands, and those that were merged into it. Most are
a family of one, which costs two index look-ups to know.
"""

import sqlite3

from agent.ledger.mirrored import MirroredAccount
from agent.ledger.queries import SQL

__all__ = ["MirrorView"]


class MirrorView:
    """Reads the mirror. A member costs one index look-up, however often they are asked about."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._told: dict[str, tuple[MirroredAccount | None, tuple[str, ...]]] = {}

    def mirror_cursor(self) -> tuple[int, int]:
        """Answer up to where head office was heard: its generation, and the cursor in it."""
        return self.mirror_place()[:2]

    def mirror_place(self) -> tuple[int, int, str | None]:
        """Answer that, and what head office told with the cursor, to be sent back with it."""
        standing = self._connection.execute(SQL["mirror_standing"]).fetchone()
        generation, cursor, _, _, run, _ = standing
        return generation, cursor, run

    def mirror_heard_as(self) -> tuple[str | None, str | None]:
        """Answer which version of this program could not take all that head office told, if any,
        and whom head office was asked to tell of: ``all``, or those ``seen`` here; None where it
        was never asked.
        """
        left_out_by, scope = self._connection.execute(SQL["mirror_heard_as"]).fetchone()
        return left_out_by, scope

    def elsewhere_as_of(self) -> str | None:
        """Answer when head office last said all that it knew, RFC 3339 in UTC, to the minute; None
        where it never did.
        """
        heard_at = self._connection.execute(SQL["mirror_standing"]).fetchone()[-1]
        return None if heard_at is None else str(heard_at)

    def mirrored(self, account: str) -> MirroredAccount | None:
        """Answer what head office told of one account; None where it told nothing."""
        return self._look_up(account)[0]

    def root(self, account: str) -> str:
        """Answer the account that stands for one: itself, unless it was merged into another."""
        seen = {account}
        while (told := self.mirrored(account)) is not None and told.root not in (None, *seen):
            account = told.root or account
            seen.add(account)
        return account

    def family(self, account: str) -> list[str]:
        """List the accounts that are one member's: first the one that stands for them."""
        found = [self.root(account)]
        for each in found:
            found += [merged for merged in self._look_up(each)[1] if merged not in found]
        return found

    def is_same_member(self, account: str | None, other: str | None) -> bool:
        """Say whether two accounts are one member's."""
        if account is None or other is None or account == other:
            return account == other
        return self.root(account) == self.root(other)

    def denied(self, account: str) -> bool:
        """Say whether head office gives this member nothing beyond a device's rights."""
        told = [self.mirrored(each) for each in self.family(account)]
        return any(each is not None and each.denied for each in told)

    def erased(self, account: str) -> bool:
        """Say whether the person was forgotten."""
        told = self.mirrored(self.root(account))
        return told is not None and told.erased

    def forget_what_was_told(self) -> None:
        """Look up again what is asked from now on: the mirror has changed."""
        self._told.clear()

    def _look_up(self, account: str) -> tuple[MirroredAccount | None, tuple[str, ...]]:
        """Answer what was told of an account, and which others were merged into it.

        A view is of one state, so that what it has looked up stays true.
        """
        if account not in self._told:
            rows = self._connection.execute(SQL["told_of"], (account,)).fetchall()
            found = {str(row[0]): MirroredAccount.of(row) for row in rows}
            told = found.pop(account, None)
            self._told[account] = (told, tuple(sorted(found)))
        return self._told[account]

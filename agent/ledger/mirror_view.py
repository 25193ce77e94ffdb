"""What head office told of members, as it is asked for: who stands for whom, and what is elsewhere.

A member is a family of accounts: the one that stands, and those that were merged into it. Most are
a family of one, which costs two index look-ups to know.
"""

import sqlite3

from agent.ledger.mirrored import MirroredAccount
from agent.ledger.queries import SQL

__all__ = ["MirrorView"]

_LONGEST_CHAIN = 16
"""Head office names the last account of a chain; a circle, which cannot be, must not hold us up."""


class MirrorView:
    """Reads the mirror. Every question costs a constant number of index look-ups."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def mirror_cursor(self) -> tuple[int, int]:
        """Answer up to where head office was heard: its generation, and the cursor in it."""
        generation, cursor, *_ = self._connection.execute(SQL["mirror_standing"]).fetchone()
        return generation, cursor

    def elsewhere_as_of(self) -> str | None:
        """Answer when head office last said all that it knew, RFC 3339 in UTC, to the minute; None
        where it never did.
        """
        heard_at = self._connection.execute(SQL["mirror_standing"]).fetchone()[-1]
        return None if heard_at is None else str(heard_at)

    def mirrored(self, account: str) -> MirroredAccount | None:
        """Answer what head office told of one account; None where it told nothing."""
        row = self._connection.execute(SQL["mirrored_account"], (account,)).fetchone()
        return None if row is None else MirroredAccount.of(row)

    def root(self, account: str) -> str:
        """Answer the account that stands for one: itself, unless it was merged into another."""
        for _ in range(_LONGEST_CHAIN):
            row = self._connection.execute(SQL["root_of"], (account,)).fetchone()
            if row is None or row[0] is None:
                break
            account = row[0]
        return account

    def family(self, account: str) -> list[str]:
        """List the accounts that are one member's: first the one that stands for them."""
        found = [self.root(account)]
        for each in found:
            rows = self._connection.execute(SQL["merged_into"], (each,)).fetchall()
            found += [merged for (merged,) in rows if merged not in found]
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

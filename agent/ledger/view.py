"""Questions to a ledger, asked through any connection: the writer's own or a read-only one."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from agent.core.entry import GENESIS, AccumulatePoints, Entry, Position, Recorded
from agent.core.tokens import Token
from agent.ledger.queries import SQL

__all__ = ["ACKNOWLEDGED", "AccountRow", "View", "journaled"]

ACKNOWLEDGED = "acknowledged"
_PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountRow:
    """An account as the projections hold it; points in whole points."""

    account: str
    balance: int
    last_sale: tuple[int, int] | None
    """(epoch, seq) of the entry that recorded the account's last sale here."""


class View:
    """Reads one consistent state. Every question costs a constant number of index look-ups."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> Position:
        """Answer the position of the newest entry, or the place before the first one."""
        row = self._connection.execute(SQL["head"]).fetchone()
        if row is None:
            return Position(epoch=0, seq=0, hash=GENESIS)
        return Position(epoch=row[0], seq=row[1], hash=row[2])

    def account_of(self, token: Token) -> AccountRow | None:
        """Find the account that a card belongs to."""
        row = self._connection.execute(SQL["account_of_card"], (str(token),)).fetchone()
        if row is None:
            return None
        account, epoch, seq = row
        return AccountRow(
            account=account,
            balance=self.balance(account),
            last_sale=None if seq is None else (epoch, seq),
        )

    def balance(self, account: str) -> int:
        """Answer an account's active points."""
        row = self._connection.execute(SQL["balance"], (account, "active")).fetchone()
        return 0 if row is None else int(row[0])

    def entry_at(self, epoch: int, seq: int) -> Recorded | None:
        """Read one entry."""
        row = self._connection.execute(SQL["entry_at"], (epoch, seq)).fetchone()
        if row is None:
            return None
        return Recorded(entry=Entry.parse(row[0]), canonical=row[0], hash=row[1])

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry; for seq 0 the hash it starts from."""
        if seq == 0:
            return GENESIS
        row = self._connection.execute(SQL["entry_at"], (epoch, seq)).fetchone()
        return None if row is None else bytes(row[1])

    def sale(self, sale_id: str) -> tuple[AccumulatePoints, Position] | None:
        """Find the entry that recorded a sale."""
        row = self._connection.execute(SQL["position_of_sale"], (sale_id,)).fetchone()
        recorded = None if row is None else self.entry_at(*row)
        if recorded is None:
            return None
        fact = recorded.entry.fact
        assert isinstance(fact, AccumulatePoints), "sales point at the entries of sales"  # noqa: S101
        return fact, recorded.position

    def meta(self, key: str) -> str | None:
        """Read one remembered value."""
        row = self._connection.execute(SQL["get_meta"], (key,)).fetchone()
        return None if row is None else str(row[0])

    def acknowledged(self) -> tuple[int, int]:
        """Answer the (epoch, seq) up to which head office is known to hold the journal."""
        remembered = self.meta(ACKNOWLEDGED)
        if remembered is None:
            return (0, 0)
        epoch, seq = remembered.split(":")
        return (int(epoch), int(seq))


def journaled(
    connection: sqlite3.Connection, *, after: tuple[int, int] = (0, 0)
) -> Iterator[tuple[Position, bytes]]:
    """Walk the journal in order: each entry's position and canonical bytes, unparsed.

    Reads in pages, so that no long transaction keeps the write-ahead log from being trimmed.
    """
    while rows := connection.execute(SQL["entries_after"], (*after, _PAGE)).fetchall():
        for epoch, seq, canonical, entry_hash in rows:
            yield Position(epoch=epoch, seq=seq, hash=entry_hash), canonical
        after = (epoch, seq)

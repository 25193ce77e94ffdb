"""What a use case may do inside one transaction of the writer: look, decide, append."""

import sqlite3

from agent.core.entry import Entry, Fact, Position, Recorded, link_hash
from agent.core.instant import Clock, rfc3339
from agent.core.values import MintId
from agent.ledger import projections
from agent.ledger.queries import SQL
from agent.ledger.view import AccountRow, View

__all__ = ["AccountRow", "Transaction"]


class Transaction(View):
    """The writer's view, which can also append. Lives for one group commit."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        head: Position,
        *,
        clock: Clock,
        mint_id: MintId,
    ) -> None:
        super().__init__(connection)
        self._head = head
        self._clock = clock
        self._mint_id = mint_id

    def head(self) -> Position:
        """Answer the position of the newest entry, this transaction's own included."""
        return self._head

    def append(self, fact: Fact) -> Recorded:
        """Stamp a fact, chain it, write it and fold it into the projections."""
        entry = Entry(
            id=self._mint_id(),
            epoch=self._head.epoch,
            seq=self._head.seq + 1,
            recorded_at=rfc3339(self._clock()),
            fact=fact,
        )
        canonical = entry.canonical()
        recorded = Recorded(
            entry=entry, canonical=canonical, hash=link_hash(self._head.hash, canonical)
        )
        self._connection.execute(
            SQL["append_entry"], (entry.epoch, entry.seq, entry.id, canonical, recorded.hash)
        )
        projections.apply(self._connection, entry)
        self._head = recorded.position
        return recorded

    def remember(self, key: str, value: str) -> None:
        """Keep a value beside the journal, such as how far head office has acknowledged."""
        self._connection.execute(SQL["put_meta"], (key, value))

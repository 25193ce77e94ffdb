"""The reading side: one thread with a read-only connection, so that no tap waits behind a sale."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from agent.ledger.connection import open_reader, remember_more
from agent.ledger.errors import LedgerDamaged, LedgerUnavailable
from agent.ledger.evidence import is_certain

__all__ = ["Reader"]

T = TypeVar("T")


class Reader:
    """Answers questions in one consistent state each. Closed until ``open``."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.damage: str | None = None

    def open(self, path: Path) -> None:
        """Open the connection and start the thread. Raises sqlite3.Error."""
        self._connection, self.damage = open_reader(path), None
        remember_more(self._connection)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-reader")

    def close(self) -> None:
        """Answer what was asked, then stop. May be called while others ask: they are refused."""
        connection, thread = self._connection, self._thread
        self._connection = self._thread = None
        if thread is not None:
            thread.shutdown()
        if connection is not None:
            connection.close()

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Run a question in the thread. Raises LedgerUnavailable where the disk cannot answer.

        Damage is noted in ``damage`` for whoever mends it; raises LedgerDamaged for a segment.
        """
        connection, thread = self._connection, self._thread
        if connection is None or thread is None:
            raise LedgerUnavailable("the ledger is not running")
        loop = asyncio.get_running_loop()
        try:
            answer = loop.run_in_executor(thread, self._answer, connection, question)
        except RuntimeError as error:  # the thread was stopped at this very moment
            raise LedgerUnavailable("the ledger is not running") from error
        try:
            return await answer
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"the ledger cannot read: {error}") from error

    def _answer(
        self, connection: sqlite3.Connection, question: Callable[[sqlite3.Connection], T]
    ) -> T:
        try:
            return _in_one_state(connection, question)
        except (LedgerDamaged, sqlite3.DatabaseError) as error:
            if not is_certain(error):
                raise
        # Its segment may have been dropped since this state began: a later one does not name it.
        try:
            return _in_one_state(connection, question)
        except (LedgerDamaged, sqlite3.DatabaseError) as error:
            if is_certain(error):
                self.damage = str(error)
            raise


def _in_one_state(connection: sqlite3.Connection, question: Callable[[sqlite3.Connection], T]) -> T:
    """Ask within one read transaction: a balance and its position belong together."""
    connection.execute("BEGIN")
    try:
        return question(connection)
    finally:
        connection.execute("COMMIT")

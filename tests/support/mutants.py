"""Lies that an agent could tell, each made by changing real code in a running process.

A mutant is a function without arguments that patches; an agent that is given its name
(``KillableAgent(…, mutant=NAME)``) calls it before it runs. A harness that does not notice proves
nothing.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from agent.ledger import ledger
from agent.ledger.connection import open_writer
from agent.ledger.queries import SQL
from agent.ledger.view import View

__all__ = ["MUTANTS"]


class _LateCommits:
    """A connection on which each commit happens only when the next transaction begins."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._owed = False

    def execute(self, statement: str, *parameters: Any) -> Any:
        if statement == "COMMIT":
            self._owed = True
            return None
        if statement.startswith("BEGIN") and self._owed:
            self._connection.execute("COMMIT")
            self._owed = False
        return self._connection.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def answer_before_commit() -> None:
    """Answer callers while their transaction is still open."""
    ledger.open_writer = lambda path: _LateCommits(open_writer(path))


def no_replay_check() -> None:
    """Take a sale that is known for a new one, and have no UNIQUE that would object."""
    View.sale = lambda _self, _sale_id: None
    SQL["add_sale"] = SQL["add_sale"].replace("INSERT", "INSERT OR REPLACE")


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant for mutant in (answer_before_commit, no_replay_check)
}

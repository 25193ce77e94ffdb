"""Run an agent whose durability is broken on purpose: a check that this passes proves nothing.

``normal``  commits with ``synchronous=NORMAL``: what was answered is synced at a checkpoint only
``early``   answers before the commit, which comes with the next statement
"""

import re
import sqlite3
import sys
from functools import partial
from typing import Any

from agent.cli import main

_SYNCHRONOUS = re.compile(r"(pragma\s+synchronous\s*=\s*)\w+", re.IGNORECASE)


class Normal(sqlite3.Connection):
    """Believes in NORMAL, whatever it is told."""

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement, weakened where it is that pragma."""
        return super().execute(_SYNCHRONOUS.sub(r"\1NORMAL", sql), *arguments)


class Early(sqlite3.Connection):
    """Says that it committed, and commits when it is spoken to the next time."""

    _owes = False

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement, after the commit before it."""
        if self._owes:
            self._owes = False
            super().execute("COMMIT")
        if sql.strip().upper() == "COMMIT":
            self._owes = True
            sql = "SELECT 1"
        return super().execute(sql, *arguments)

    def close(self) -> None:
        """Commit and close."""
        self.execute("SELECT 1")
        super().close()


if __name__ == "__main__":
    weakness = {"normal": Normal, "early": Early}[sys.argv.pop(1)]
    sqlite3.connect = partial(sqlite3.connect, factory=weakness)
    main()

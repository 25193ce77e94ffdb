"""The ledger's schema, step by step. A released step is never edited; a new one is added.

sqlite-utils' ``Migrations`` runs every step that is missing, each in a transaction of its own, and
remembers it in the database.
"""

import sqlite3

from sqlite_utils import Database, Migrations

from agent.ledger.errors import LedgerDamaged
from agent.ledger.queries import schema

__all__ = ["migrate"]

_LEDGER = Migrations("tapledger.ledger")


@_LEDGER()
def journal_and_first_projections(db: Database) -> None:
    """Create the journal, balances, accounts, cards and sales."""
    for statement in _statements(schema(1)):
        db.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database forward. Raises LedgerDamaged where a newer tapledger wrote it."""
    db = Database(connection)
    known = {step.name for step in _LEDGER.pending(Database(memory=True))}
    written = {step.name for step in _LEDGER.applied(db)}
    if newer := written - known:
        raise LedgerDamaged(
            f"the ledger was written by a newer tapledger (it has {', '.join(sorted(newer))}); "
            "install that version or a later one"
        )
    _LEDGER.apply(db)


def _statements(script: str) -> list[str]:
    """Split a script where SQLite says a statement is complete (a trigger holds semicolons)."""
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements

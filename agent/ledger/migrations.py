"""The ledger's schema, step by step. A released step is never edited; a new one is added.

sqlite-utils' ``Migrations`` runs every step that is missing, each in a transaction of its own, and
remembers it in the database. A step that changes the shape of the projections makes them anew and
empty and marks them stale; they are then filled from the journal by the code that always fills
them.
"""

import sqlite3

from sqlite_utils import Database, Migrations

from agent.core.entry import Entry
from agent.ledger import projections
from agent.ledger.errors import LedgerDamaged, LedgerNewer
from agent.ledger.queries import SQL, schema
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = ["migrate"]

_STALE = "projections"
_LEDGER = Migrations("tapledger.ledger")


@_LEDGER()
def journal_and_first_projections(db: Database) -> None:
    """Create the journal, balances, accounts, cards and sales."""
    _run(db, 1)


@_LEDGER()
def every_kind_of_entry(db: Database) -> None:
    """Add lots, holds, leases, tiers, returns, epochs, profiles and sealed segments."""
    _run(db, 2)


def migrate(connection: sqlite3.Connection, archive: Archive | None = None) -> None:
    """Bring a database forward.

    Raises LedgerNewer where a newer tapledger wrote it, which took all of these steps and more, and
    LedgerDamaged for a list of steps that has unknown ones in the place of known ones.
    Costs a replay of the journal where the projections changed their shape, and nothing otherwise.
    """
    db = Database(connection)
    known = {step.name for step in _LEDGER.pending(Database(memory=True))}
    written = {step.name for step in _LEDGER.applied(db)}
    if newer := written - known:
        if known - written:
            raise LedgerDamaged(f"the list of its own steps is wrong: {', '.join(sorted(newer))}")
        raise LedgerNewer(
            f"the ledger was written by a newer tapledger (it has {', '.join(sorted(newer))}); "
            "install that version or a later one"
        )
    _LEDGER.apply(db)
    if View(connection).meta(_STALE) == "stale":
        _fill(connection, archive)


def _fill(connection: sqlite3.Connection, archive: Archive | None) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for _, canonical in journaled(connection, archive):
            projections.apply(connection, Entry.read(canonical))
        connection.execute(SQL["forget_meta"], (_STALE,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _run(db: Database, version: int) -> None:
    for statement in _statements(schema(version)):
        db.execute(statement)


def _statements(script: str) -> list[str]:
    """Split a script where SQLite says a statement is complete (a trigger holds semicolons)."""
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements

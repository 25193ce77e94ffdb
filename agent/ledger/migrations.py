"""The ledger's schema, step by step. A released step is never edited; a new one is added.

sqlite-utils' ``Migrations`` runs every step that is missing, each in a transaction of its own, and
remembers it in the database. A step that changes the shape of the projections makes them anew and
empty and marks them stale; they are then filled from the base, where the ledger has one, and from
the journal by the code that always fills them. A base is carried over column by column, by name:
what it does not know is empty, or has the default that the step gives it.

A kind of entry or a field that is new needs a step too, even an empty one: an older tapledger knows
a ledger that it cannot read by its steps alone.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlite_utils import Database, Migrations

from agent.ledger import projections
from agent.ledger.base import Base
from agent.ledger.connection import open_reader, shrinkable
from agent.ledger.entries import follows, read_following
from agent.ledger.errors import LedgerDamaged, LedgerNewer, LedgerUnavailable
from agent.ledger.queries import SQL, schema
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = ["has_own_schema", "known_steps", "migrate", "open_known", "refuse_newer"]

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


def migrate(
    connection: sqlite3.Connection,
    archive: Archive | None = None,
    base_of: Callable[[], Base] = Base,
) -> None:
    """Bring a database forward.

    Costs a replay of the journal where the projections changed their shape, and nothing otherwise;
    ``base_of`` is asked only then. Raises as ``refuse_newer`` does, and LedgerDamaged where an
    entry or the base does not hold.
    """
    refuse_newer(connection)
    is_new = not _LEDGER.applied(Database(connection))
    _LEDGER.apply(Database(connection))
    if not is_new:
        _make_shrinkable(connection)
    if View(connection).meta(_STALE) == "stale":
        _fill(connection, archive, base_of())


def _make_shrinkable(connection: sqlite3.Connection) -> None:
    """Write a database of version 0.1 anew, once, so that its free pages can be given back.

    Where that fails, as on a full disk, it stays as it is, and the next start tries again.
    """
    if connection.execute("PRAGMA auto_vacuum").fetchone() == (0,):
        with suppress(sqlite3.Error):
            shrinkable(connection)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def known_steps() -> list[str]:
    """List every step that this version knows, in order."""
    return [step.name for step in _LEDGER.pending(Database(memory=True))]


def refuse_newer(connection: sqlite3.Connection) -> None:
    """Hold that this version knows every step of a database.

    Raises LedgerNewer where a newer tapledger wrote it, which took all of these steps and more, and
    LedgerDamaged for a list of steps that has unknown ones in the place of known ones.
    """
    known = set(known_steps())
    written = {step.name for step in _LEDGER.applied(Database(connection))}
    if newer := written - known:
        if known - written:
            raise LedgerDamaged(f"the list of its own steps is wrong: {', '.join(sorted(newer))}")
        raise LedgerNewer(
            f"the ledger was written by a newer tapledger (it has {', '.join(sorted(newer))}); "
            "install that version or a later one"
        )


def open_known(path: Path) -> sqlite3.Connection:
    """Open a ledger read-only whose steps are those of this version, neither more nor fewer.

    A new version is installed before the agent is started again, so that a command, or the nightly
    replay, can meet a ledger of another version: that is no damage. Raises as ``refuse_newer``
    does, and LedgerUnavailable where steps are missing that a start would take.
    """
    connection = open_reader(path)
    try:
        refuse_newer(connection)
        if _LEDGER.pending(Database(connection)) and has_own_schema(connection):
            raise LedgerUnavailable(
                f"{path}: an older tapledger wrote this ledger; start the agent once to bring it "
                "forward"
            )
    except BaseException:
        connection.close()
        raise
    return connection


def has_own_schema(connection: sqlite3.Connection) -> bool:
    """Say whether a database's schema is, to the letter, what the steps it names have made."""
    applied = {step.name for step in _LEDGER.applied(Database(connection))}
    model = Database(memory=True)
    following = [step.name for step in _LEDGER.pending(model) if step.name not in applied]
    if applied:
        _LEDGER.apply(model, stop_before=following)
    return _schema_of(connection) == _schema_of(model.conn)


def _schema_of(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(connection.execute(SQL["own_schema"]))


def _fill(connection: sqlite3.Connection, archive: Archive | None, base: Base) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        base.load(connection)
        before = base.begins_after.hash
        for position, canonical in journaled(connection, archive, after=base.begins_after.place):
            if not follows(position, canonical, before):
                raise LedgerDamaged(
                    f"entry {position.epoch}:{position.seq} does not follow from the one before it"
                )
            before = position.hash
            if position.place > base.position.place:
                projections.apply(connection, read_following(position, canonical))
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

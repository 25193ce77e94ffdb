"""Standing: whether the names of a running ledger's files still lead to the files it has open.

Somebody may remove the database under a running agent, or rename another over it. SQLite notices
nothing: it goes on writing to a file that has no name any more, and that is gone once it is closed.
Until then the open connection holds everything that was answered, so a copy is made through it,
and put into the quarantine where the recovery finds it.
"""

import os
import sqlite3
from contextlib import closing, suppress

import structlog

from agent.ledger.errors import LedgerUnavailable
from agent.ledger.evidence import is_certain
from agent.ledger.places import Places, identity_of, make_private, sync_directory
from agent.ledger.quarantine import close_cell, quarantine

__all__ = ["Standing"]

_log = structlog.get_logger(__name__)


class Standing:
    """The database and its log as the open writing connection has them."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._writing: sqlite3.Connection | None = None
        self._opened: tuple[tuple[int, int] | None, ...] = ()

    def begin(self, writing: sqlite3.Connection) -> None:
        """Note which files are there; ``writing`` has them open. Raises OSError."""
        self._opened = self._present()
        self._writing = writing  # last: another thread may ask

    def end(self) -> None:
        """The connection is about to be closed."""
        self._writing = None

    def lost(self) -> str | None:
        """Say which of the files has lost its name, or None. What cannot be asked is not lost."""
        if self._writing is None:
            return None
        with suppress(OSError):
            for path, there, opened in zip(
                self._places.live, self._present(), self._opened, strict=False
            ):
                if there != opened:
                    what = "removed" if there is None else "replaced"
                    return f"{path.name} was {what} while the agent was running"
        return None

    def rescue(self) -> None:
        """Where a file has lost its name, put what the connection holds into the quarantine.

        What stands there in its place goes into a cell of its own, the older one; the cell of the
        copy stays open for the recovery. To be called while nothing is written. Raises
        LedgerUnavailable where the disk does not let it; the connection then still holds it all.
        What is damaged beyond a copy is left to the recovery, which has the backups.
        """
        reason = self.lost()
        if self._writing is None or reason is None:
            return
        _log.error("ledger_lost", why=reason)
        try:
            self._copy(self._writing, reason)
        except (OSError, sqlite3.Error) as error:
            _log.error("ledger_not_saved", error=str(error))
            if is_certain(error):
                return
            raise LedgerUnavailable(
                f"{reason}, and what it holds cannot be saved: {error}"
            ) from error

    def _copy(self, writing: sqlite3.Connection, reason: str) -> None:
        database = self._places.database
        rescued = database.with_name(f"{database.name}.rescued")
        make_private(rescued)
        with closing(sqlite3.connect(rescued, isolation_level=None)) as target:
            writing.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        with rescued.open("rb") as written:
            os.fsync(written.fileno())
        if any(path.exists() for path in self._places.live):
            close_cell(quarantine(self._places, reason))
        rescued.rename(database)
        sync_directory(database.parent)
        quarantine(self._places, reason)

    def _present(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(identity_of(path) for path in self._places.live[:2])

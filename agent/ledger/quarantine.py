"""The quarantine: damaged files of a ledger, kept byte for byte with the reason beside them.

Each damage has one numbered cell. It stays open until a ledger stands in the place of the damaged
one, so that a recovery that is cut off, or that has no room, goes on in the cell that it began.

Moving three files is not one step. The database goes first: what is then left behind is a log
without a database, which nobody takes for a ledger, and the next attempt puts it into the same
cell. The other way round a kill would leave a database that looks whole and has lost its log.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from agent.ledger.checks import UNREADABLE
from agent.ledger.connection import open_reader
from agent.ledger.places import Places, sync_directory
from agent.ledger.ring import backups
from agent.ledger.segments import Archive
from agent.ledger.view import View
from agent.ledger.witness import read_witness

__all__ = [
    "close_cell",
    "damaged_databases",
    "hold_log",
    "keep_base",
    "newest_epoch",
    "quarantine",
    "reason_of",
    "used_backups",
]

_DATABASE = "damaged.db"
_WITNESS = "witness"
_BASE = "damaged.base"
_USED = "began-with.txt"
_REASON = "reason.txt"
_OPEN = "unfinished"


def quarantine(places: Places, reason: str) -> Path:
    """Move what is there into a cell, byte for byte, with the reason beside it. Raises OSError.

    An attempt that finds nothing more to move leaves the cell's first reason as it is.
    """
    main, log, index = places.live
    moves = {main: _DATABASE, log: f"{_DATABASE}-wal", index: f"{_DATABASE}-shm"}
    cell = _cell_for(places, moves)
    for directory in (places.quarantine, cell):
        directory.mkdir(mode=0o700, exist_ok=True)
    (cell / _OPEN).touch(mode=0o600)
    if main.exists() or not (cell / _REASON).exists():
        _note(cell / _REASON, reason)
    for path, name in (moves | {places.witness: _WITNESS}).items():
        with suppress(FileNotFoundError):
            path.chmod(0o600)
            path.rename(cell / name)
    # A word that was given for an earlier recovery is none for this one.
    places.confirmation.unlink(missing_ok=True)
    sync_directory(cell)
    sync_directory(places.database.parent)
    return cell


def hold_log(database: Path) -> sqlite3.Connection | None:
    """Open a damaged database so that its log stays as it is; to be closed after the writer.

    SQLite copies a log into its database when the last connection closes, unless that one is
    read-only.
    """
    if database.exists():
        with suppress(*UNREADABLE):
            last = open_reader(database)
            last.execute("PRAGMA schema_version").fetchone()
            return last
    return None


def reason_of(cell: Path) -> str:
    """Answer why a cell was filled, in the words of whoever found the damage."""
    return (cell / _REASON).read_text("utf-8").splitlines()[-1]


def keep_base(places: Places, cell: Path) -> None:
    """Move a base that is no longer the ledger's to the other damaged files. Raises OSError."""
    with suppress(FileNotFoundError):
        places.base.chmod(0o600)
        places.base.rename(cell / _BASE)


def close_cell(cell: Path, backup: str | None = None) -> None:
    """Note that a ledger took the place of the damaged one, and with which backup it began."""
    if backup is not None:
        _note(cell / _USED, backup)
    (cell / _OPEN).unlink(missing_ok=True)


def damaged_databases(places: Places) -> list[Path]:
    """List the databases in quarantine, the newest first."""
    found = places.quarantine.glob(f"*/{_DATABASE}")
    return sorted(found, key=lambda path: _number(path.parent), reverse=True)


def used_backups(places: Places) -> set[str]:
    """Name the backups from which a ledger was made before.

    If one holds damage that its own checksum could not see, the ledger made from it was found
    damaged again; beginning with another one ends that circle and costs no entry.
    """
    notes = places.quarantine.glob(f"*/{_USED}")
    return {name for path in notes for name in path.read_text("utf-8").splitlines()}


def newest_epoch(places: Places) -> int:
    """Answer the newest epoch that any file of this ledger knows of: epochs only grow."""
    witnesses = (read_witness(path) for path in places.quarantine.glob(f"*/{_WITNESS}"))
    known = [head.epoch for head in (*witnesses, read_witness(places.witness)) if head is not None]
    known += [backup.place[0] for backup in backups(places.backups)]
    known += [segment.epoch for segment in Archive(places.segments).found()]
    for database in (places.database, *damaged_databases(places)):
        with suppress(*UNREADABLE), closing(open_reader(database)) as damaged:
            epoch = View(damaged).head().epoch
            known += [epoch] if isinstance(epoch, int) else []  # its row may hold anything
    return max(known, default=0)


def _note(path: Path, line: str) -> None:
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{' '.join(line.splitlines())}\n")


def _cell_for(places: Places, moves: dict[Path, str]) -> Path:
    """Answer the cell that was begun for this damage, or the next one."""
    newest = max(places.quarantine.glob("[0-9]*"), key=_number, default=None)
    if newest is not None and (newest / _OPEN).exists():
        files = ((path, newest / name) for path, name in moves.items() if path.exists())
        # What was moved is never written over; only SQLite's index may be, and an empty log, which
        # whoever has looked into the database since has left there.
        if not any(_holds(there) for path, there in files if path != places.live[2]):
            return newest
    return places.quarantine / f"{_number(newest) + 1 if newest else 1:03}"


def _holds(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _number(cell: Path) -> int:
    """Order cells as they were filled: 10 comes after 9. What somebody else put there is older."""
    return int(cell.name) if cell.name.isdecimal() else 0

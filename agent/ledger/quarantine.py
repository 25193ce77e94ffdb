"""The quarantine: damaged files of a ledger, kept byte for byte with the reason beside them.

Moving three files is not one step. The database goes first: what is then left behind is a log
without a database, which nobody takes for a ledger, and the next attempt puts it into the same
place. The other way round a kill would leave a database that looks whole and has lost its log.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from agent.ledger.connection import open_reader
from agent.ledger.places import Places, sync_directory
from agent.ledger.ring import backups
from agent.ledger.segments import Archive
from agent.ledger.view import View
from agent.ledger.witness import read_witness

__all__ = [
    "damaged_databases",
    "keep_base",
    "mark_used",
    "newest_epoch",
    "quarantine",
    "used_backups",
]

_DATABASE = "damaged.db"
_WITNESS = "witness"
_BASE = "damaged.base"
_USED = "began-with.txt"


def quarantine(places: Places, reason: str) -> Path:
    """Move what is there aside, byte for byte, with the reason beside it. Raises OSError."""
    aside = _place_for(places)
    places.quarantine.mkdir(mode=0o700, exist_ok=True)
    aside.mkdir(mode=0o700, exist_ok=True)
    with (aside / "reason.txt").open("a", encoding="utf-8") as file:
        file.write(f"{reason}\n")
    main, log, index = places.live
    for path, name in (
        (main, _DATABASE),
        (log, f"{_DATABASE}-wal"),
        (index, f"{_DATABASE}-shm"),
        (places.witness, _WITNESS),
    ):
        with suppress(FileNotFoundError):
            path.rename(aside / name)
    # A word that was given for an earlier recovery is none for this one.
    places.confirmation.unlink(missing_ok=True)
    sync_directory(aside)
    sync_directory(places.database.parent)
    return aside


def keep_base(places: Places, aside: Path) -> None:
    """Move a base that is no longer the ledger's to the other damaged files. Raises OSError."""
    with suppress(FileNotFoundError):
        places.base.rename(aside / _BASE)


def damaged_databases(places: Places) -> list[Path]:
    """List the databases that were set aside, the newest first."""
    return sorted(places.quarantine.glob(f"*/{_DATABASE}"), reverse=True)


def mark_used(aside: Path, backup: str) -> None:
    """Note with which backup the ledger began that took the place of the damaged one."""
    (aside / _USED).write_text(f"{backup}\n", "utf-8")


def used_backups(places: Places) -> set[str]:
    """Name the backups from which a ledger was made before.

    If one holds damage that its own checksum could not see, the ledger made from it was found
    damaged again; beginning with another one ends that circle and costs no entry.
    """
    return {path.read_text("utf-8").strip() for path in places.quarantine.glob(f"*/{_USED}")}


def newest_epoch(places: Places) -> int:
    """Answer the newest epoch that any file of this ledger knows of: epochs only grow."""
    witnesses = (read_witness(path) for path in places.quarantine.glob(f"*/{_WITNESS}"))
    known = [head.epoch for head in (*witnesses, read_witness(places.witness)) if head is not None]
    known += [backup.place[0] for backup in backups(places.backups)]
    known += [segment.epoch for segment in Archive(places.segments).found()]
    for database in (places.database, *damaged_databases(places)):
        with suppress(sqlite3.Error, TypeError, ValueError), closing(open_reader(database)) as it:
            known.append(int(View(it).head().epoch))
    return max(known, default=0)


def _place_for(places: Places) -> Path:
    numbers = [int(path.name) for path in places.quarantine.glob("[0-9]*") if path.name.isdigit()]
    newest = places.quarantine / f"{max(numbers, default=0):03}"
    main, log, _ = places.live
    moved = newest / f"{_DATABASE}-wal"  # empty where somebody has looked into the database since
    begun = (newest / _DATABASE).exists() and not (moved.exists() and moved.stat().st_size)
    if begun and log.exists() and not main.exists():
        return newest  # an attempt was killed between the database and its log
    return places.quarantine / f"{max(numbers, default=0) + 1:03}"

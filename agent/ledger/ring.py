"""The ring of backups: which there are, which of them count, and which go first."""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

import msgspec

from agent.core.entry import GENESIS, Position
from agent.ledger.base import position_of, position_text
from agent.ledger.connection import open_reader
from agent.ledger.errors import LedgerDamaged
from agent.ledger.places import Places, make_private, sync_directory
from agent.ledger.queries import SQL
from agent.ledger.segments import Segment
from agent.ledger.view import View

__all__ = [
    "Backup",
    "BackupKind",
    "backups",
    "copy_segments",
    "described",
    "is_sound",
    "named_segments",
    "prune",
    "sha256_of",
    "take_segments_back",
]

BackupKind = Literal["full", "hourly"]

_BROUGHT = "segments"
"""Beside a backup that is taken away: the sealed files that it names."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest. ``head`` is the newest entry in it, ``begins_after`` the place before the oldest
    entry whose body it holds; both as ``epoch:seq:hash``. ``begins_seal``
    is the seal of the sealed file before that, where there was one.
    """

    kind: BackupKind
    file: str
    incarnation: str
    head: str
    begins_after: str
    begins_seal: str = ""
    sha256: str

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq) of its newest entry."""
        head = position_of(self.head)
        return (head.epoch, head.seq)


def backups(directory: Path) -> list[Backup]:
    """List what is in a ring, the newest first. A manifest that cannot be read does not count."""
    found = []
    for path in directory.glob("*.db.json"):
        with suppress(OSError, msgspec.MsgspecError, ValueError):
            backup = msgspec.json.decode(path.read_bytes(), type=Backup)
            found.append(((backup.place, backup.kind == "full"), backup))
    newest_first = sorted(found, key=lambda f: (f[0], len(f[1].file), f[1].file), reverse=True)
    return [backup for _, backup in newest_first]


def described(source: Path) -> Backup:
    """Answer what a backup is, by its manifest or, where that was left behind, by its content.

    Raises LedgerDamaged where it is no backup, or not the one that was made; sqlite3.Error.
    """
    manifest = next((b for b in backups(source.parent) if b.file == source.name), None)
    if manifest is not None:
        if not is_sound(source.parent, manifest):
            raise LedgerDamaged(f"{source}: its bytes are not those that were backed up")
        return manifest
    try:
        with closing(open_reader(source)) as kept:
            view = View(kept)
            head, own = view.head(), view.meta("base_begins_after")
            first = kept.execute(SQL["first_kept_place"]).fetchone()
    except sqlite3.Error as error:
        raise LedgerDamaged(f"{source}: {error}") from error
    if own is None and first not in (None, (0, 1)):
        raise LedgerDamaged(f"{source}: begins in mid-journal; lay its manifest (.json) beside it")
    return Backup(
        kind="full" if own is None else "hourly",
        file=source.name,
        incarnation="",
        head=position_text(head),
        begins_after=own or position_text(Position(epoch=0, seq=0, hash=GENESIS)),
        sha256="",
    )


def is_sound(directory: Path, backup: Backup) -> bool:
    """Say whether a backup's bytes are those that were written; reads it from end to end."""
    try:
        return sha256_of(directory / backup.file) == backup.sha256
    except OSError:
        return False


def prune(directory: Path, *, hourly: int, full: int) -> list[Backup]:
    """Remove the oldest backups beyond so many of each kind; answers what went.

    The manifest goes first: a backup without one does not count any more.
    """
    kept = {"hourly": hourly, "full": full}
    removed = []
    for backup in backups(directory):
        kept[backup.kind] -= 1
        if kept[backup.kind] < 0:
            (directory / f"{backup.file}.json").unlink(missing_ok=True)
            (directory / backup.file).unlink(missing_ok=True)
            removed.append(backup)
    return removed


def copy_segments(places: Places, backup: Path) -> None:
    """Copy the sealed files that a backup names to its side, to be taken away from this disk.

    Their names there carry their seals: a directory may hold what several ledgers brought.
    """
    directory = backup.parent / _BROUGHT
    for segment in named_segments(backup):
        if not _holds(directory / _sealed_name(segment), segment):
            _copy_sealed(places.segments / segment.name, directory / _sealed_name(segment))


def take_segments_back(places: Places, backup: Path) -> None:
    """Copy sealed files that a backup brought along and that are not here. Raises sqlite3.Error."""
    directory = backup.parent / _BROUGHT
    for segment in named_segments(backup):
        target = places.segments / segment.name
        names = (_sealed_name(segment), segment.name)  # plain ones are of an earlier version
        brought = [directory / name for name in names if _holds(directory / name, segment)]
        if brought and not target.exists():
            _copy_sealed(brought[0], target)


def named_segments(backup: Path) -> list[Segment]:
    """List the sealed files that a backup needs beside it. Raises sqlite3.Error."""
    with closing(open_reader(backup)) as kept:
        if kept.execute(SQL["columns_of"], ("segments",)).fetchone() is None:
            return []  # of a version that sealed nothing
        return View(kept).segments()


def _sealed_name(segment: Segment) -> str:
    return f"{segment.seal.hex()}-{segment.name}"


def _holds(path: Path, segment: Segment) -> bool:
    try:
        return sha256_of(path) == segment.seal.hex()
    except OSError:
        return False


def _copy_sealed(source: Path, target: Path) -> None:
    """Copy a file so that it is whole where it has its name. One that goes meanwhile is left out:
    the disk budget dropped it, because head office has it.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    make_private(unfinished)
    try:
        shutil.copyfile(source, unfinished)
    except FileNotFoundError:
        unfinished.unlink()
        return
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.rename(target)
    sync_directory(target.parent)


def sha256_of(path: Path) -> str:
    """Hash a file, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

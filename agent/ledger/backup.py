"""Backups: a ring of small hourly ones and nightly full ones, beside the ledger.

A full backup is the whole database. An hourly one holds the projections, the profiles, and the
journal from the last full backup or the last acknowledged entry on, whichever is older, so that
the newest full backup and the hourly ones after it make one chain. A backup counts once its
manifest stands beside it, with the SHA-256 of its bytes; whatever is without one was interrupted.

A backup says where the journal stood, not that it may go on from there: whoever restores one begins
a new epoch (agent/ledger/recovery.py).
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec

from agent.core.entry import GENESIS, Position
from agent.ledger import projections
from agent.ledger.base import position_of, position_text, read_base
from agent.ledger.connection import open_reader
from agent.ledger.migrations import migrate
from agent.ledger.places import Places, sync_directory
from agent.ledger.segments import Archive
from agent.ledger.view import View

__all__ = ["Backup", "BackupKind", "backups", "is_sound", "make_backup", "prune"]

BackupKind = Literal["full", "hourly"]

_PAGES_A_STEP = 4_096
_BESIDE_THE_JOURNAL = ("meta", "profiles", "segments")


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest. ``head`` is the newest entry in it, ``begins_after`` the place before the oldest
    entry whose body it holds; both as ``epoch:seq:hash``.
    """

    kind: BackupKind
    file: str
    incarnation: str
    head: str
    begins_after: str
    sha256: str

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq) of its newest entry."""
        head = position_of(self.head)
        return (head.epoch, head.seq)


def make_backup(
    places: Places,
    kind: BackupKind,
    *,
    directory: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Backup:
    """Back a ledger up, which may be in use; answers once it is on disk.

    Holds one state of the ledger for as long as it takes, and never blocks the writer.
    ``progress(done, of)`` counts pages or tables. Raises OSError or sqlite3.Error.
    """
    directory = directory or places.backups
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = directory / f"{kind}.unfinished"
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished, uri=True, isolation_level=None)) as target:
        if kind == "full":
            _copy_all(places.database, target, progress)
            begins_after = read_base(places.database).begins_after
        else:
            begins_after = _copy_tail(places, target, progress)
        head = View(target).head()
        incarnation = View(target).incarnation(head.epoch)
    path = directory / f"{kind}-{head.epoch:06}-{head.seq:012}.db"
    manifest = Backup(
        kind=kind,
        file=path.name,
        incarnation=incarnation,
        head=position_text(head),
        begins_after=position_text(begins_after),
        sha256=_sha256(unfinished),
    )
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.rename(path)
    _write_manifest(path, manifest)
    return manifest


def backups(directory: Path) -> list[Backup]:
    """List what is in a ring, the newest first. A manifest that cannot be read does not count."""
    found = []
    for path in directory.glob("*.db.json"):
        with suppress(OSError, msgspec.MsgspecError):
            found.append(msgspec.json.decode(path.read_bytes(), type=Backup))
    return sorted(found, key=lambda backup: (backup.place, backup.kind == "full"), reverse=True)


def is_sound(directory: Path, backup: Backup) -> bool:
    """Say whether a backup's bytes are those that were written; reads it from end to end."""
    try:
        return _sha256(directory / backup.file) == backup.sha256
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


def copy_segments(places: Places, directory: Path) -> None:
    """Copy the sealed files to a backup that is taken away from this disk."""
    if places.segments.is_dir():
        shutil.copytree(places.segments, directory / "segments", dirs_exist_ok=True)


def _copy_all(
    database: Path, target: sqlite3.Connection, progress: Callable[[int, int], None]
) -> None:
    with closing(open_reader(database)) as live:
        # A transaction of its own keeps the copy in one state while sales go on; without it every
        # commit would make the copy begin again.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM meta").fetchone()
        live.backup(
            target,
            pages=_PAGES_A_STEP,
            progress=lambda _status, left, of: progress(of - left, of),
            sleep=0,
        )
    target.execute("PRAGMA journal_mode = DELETE")


def _copy_tail(
    places: Places, target: sqlite3.Connection, progress: Callable[[int, int], None]
) -> Position:
    """Copy the projections and the newest entries; answers the place before the first of them."""
    target.execute("PRAGMA journal_mode = OFF")
    migrate(target)
    live = f"file:{quote(str(places.database.absolute()))}?mode=ro"
    target.execute("ATTACH ? AS live", (live,))
    target.execute("BEGIN")
    tables = (*_BESIDE_THE_JOURNAL, *projections.TABLES)
    for done, table in enumerate(tables, start=1):
        target.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM live.{table}")  # noqa: S608 - our own constants
        progress(done, len(tables))
    newest = target.execute(
        "SELECT epoch, seq FROM live.journal ORDER BY epoch DESC, seq DESC LIMIT 1"
    ).fetchone()
    since = _since(places, View(target).acknowledged(), newest or (0, 0))
    target.execute(
        "INSERT INTO main.journal SELECT * FROM live.journal "
        "WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq",
        since,
    )
    target.execute("COMMIT")
    target.execute("DETACH live")
    with closing(open_reader(places.database)) as reader:
        before = View(reader, Archive(places.segments)).hash_at(*since)
    return Position(epoch=since[0], seq=since[1], hash=before or GENESIS)


def _since(places: Places, acknowledged: tuple[int, int], head: tuple[int, int]) -> tuple[int, int]:
    """Answer after which entry an hourly backup begins; it holds the newest entry in any case."""
    last_full = next((b.place for b in backups(places.backups) if b.kind == "full"), (0, 0))
    return min(acknowledged, last_full, (head[0], max(0, head[1] - 1)))


def _write_manifest(path: Path, manifest: Backup) -> None:
    final = path.with_name(f"{path.name}.json")
    unfinished = final.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(msgspec.json.encode(manifest) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(final)
    sync_directory(path.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Backups: a ring of small hourly ones and nightly full ones, beside the ledger.

A full backup is the whole database. An hourly one holds the projections, the profiles, and the
journal from the last full backup or the last acknowledged entry on, whichever is older, so that
the newest full backup and the hourly ones after it make one chain. A backup counts once its
manifest stands beside it, with the SHA-256 of its bytes; whatever is without one was interrupted.

A backup says where the journal stood, not that it may go on from there: whoever restores one begins
a new epoch (agent/ledger/recovery.py).
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from agent.core.entry import Position
from agent.ledger import projections
from agent.ledger.base import Base, base_values, position_text, read_base
from agent.ledger.connection import shrinkable
from agent.ledger.migrations import migrate, open_known
from agent.ledger.places import Places, make_private, sync_directory
from agent.ledger.queries import SQL
from agent.ledger.ring import Backup, BackupKind, backups, sha256_of
from agent.ledger.view import View

__all__ = ["make_backup"]

_PAGES_A_STEP = 4_096
_MIRROR = ("mirror_accounts", "mirror_cards", "mirror_meta")
_BESIDE_THE_JOURNAL = ("meta", "profiles", "segments", *_MIRROR)


def make_backup(
    places: Places,
    kind: BackupKind,
    *,
    directory: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    waiting: Callable[[], None] = lambda: None,
) -> Backup:
    """Back a ledger up, which may be in use; answers once it is on disk.

    Holds one state of the ledger for as long as it takes, and never blocks the writer.
    ``progress(done, of)`` counts pages or tables; ``waiting`` is called where another backup is
    being made there, which is waited for. Raises OSError, sqlite3.Error, or LedgerError for a
    ledger of another version.
    """
    directory = directory or places.backups
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(directory, waiting):
        return _make_backup(places, kind, directory, progress)


@contextmanager
def _alone_in(directory: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait until no other backup is being made there: an agent's and a person's may meet."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_backup(
    places: Places,
    kind: BackupKind,
    directory: Path,
    progress: Callable[[int, int], None],
) -> Backup:
    unfinished = directory / f"{kind}.unfinished"
    for path in directory.glob(f"{unfinished.name}*"):  # with a journal of one that was killed
        path.unlink()
    make_private(unfinished)
    with closing(sqlite3.connect(unfinished, uri=True, isolation_level=None)) as target:
        if kind == "full":
            base = _copy_all(places.database, target, progress)
        else:
            base = _copy_tail(places, target, progress)
        head = View(target).head()
        incarnation = View(target).incarnation(head.epoch)
    path = _free_name(directory, f"{kind}-{head.epoch:06}-{head.seq:012}")
    manifest = Backup(
        kind=kind,
        file=path.name,
        incarnation=incarnation,
        head=position_text(head),
        begins_after=position_text(base.begins_after),
        begins_seal=base.seal.hex(),
        sha256=sha256_of(unfinished),
    )
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.rename(path)
    _write_manifest(path, manifest)
    return manifest


def _free_name(directory: Path, name: str) -> Path:
    """Answer a name that no counting backup has: one is never written over."""
    path, number = directory / f"{name}.db", 1
    while path.with_name(f"{path.name}.json").exists():
        number += 1
        path = directory / f"{name}-{number}.db"
    return path


def _copy_all(
    database: Path, target: sqlite3.Connection, progress: Callable[[int, int], None]
) -> Base:
    """Copy the whole database; answers where the copy begins."""
    with closing(open_known(database)) as live:
        # A transaction of its own keeps the copy in one state while sales go on; without it every
        # commit would make the copy begin again.
        live.execute("BEGIN")
        View(live).acknowledged()  # the first look is what takes the state
        # Read after it: a base that moves on while the copy is made has only let go of segments
        # that the copy still names; one read before it may follow entries that the copy lacks.
        base = read_base(database)
        live.backup(
            target,
            pages=_PAGES_A_STEP,
            progress=lambda _status, left, of: progress(of - left, of),
            sleep=0,
        )
    target.execute("PRAGMA journal_mode = DELETE")
    return base


def _copy_tail(
    places: Places, target: sqlite3.Connection, progress: Callable[[int, int], None]
) -> Base:
    """Copy the projections and the newest entries; answers where a ledger made of it begins."""
    open_known(places.database).close()
    shrinkable(target)  # a ledger may be made of it
    target.execute("PRAGMA journal_mode = OFF")
    migrate(target)
    live = f"file:{quote(str(places.database.absolute()))}?mode=ro"
    target.execute(SQL["attach_live"], (live,))
    target.execute("BEGIN")
    tables = (*_BESIDE_THE_JOURNAL, *projections.TABLES)
    for done, table in enumerate(tables, start=1):
        target.execute(f"INSERT OR REPLACE INTO main.{table} SELECT * FROM live.{table}")  # noqa: S608 - our own constants
        progress(done, len(tables))
    begins_after = _begins_after(places, target)
    target.execute(SQL["copy_live_entries_after"], begins_after.place)
    head = View(target).head()
    # Its projections can be what a ledger begins with, also where nothing else is left.
    base = Base(position=head, begins_after=begins_after)
    for row in base_values(base):
        target.execute(SQL["put_meta"], row)
    target.execute("COMMIT")
    target.execute("DETACH live")
    return base


def _begins_after(places: Places, target: sqlite3.Connection) -> Position:
    """Answer after which entry of ``live`` an hourly backup begins.

    That is the last acknowledged one or the head of the last full backup, whichever is older; but
    the newest entry is always in it, and nothing that was sealed.
    """
    last_full = next((b.place for b in backups(places.backups) if b.kind == "full"), (0, 0))
    wanted = min(View(target).acknowledged(), last_full)
    row = target.execute(SQL["last_live_place_before_newest"], wanted).fetchone()
    if row is not None:
        return Position(epoch=row[0], seq=row[1], hash=row[2])
    for segment in reversed(View(target).segments()):
        return Position(epoch=segment.epoch, seq=segment.last_seq, hash=segment.last_hash)
    return read_base(places.database).begins_after


def _write_manifest(path: Path, manifest: Backup) -> None:
    final = path.with_name(f"{path.name}.json")
    unfinished = final.with_suffix(".unfinished")
    make_private(unfinished)
    with unfinished.open("wb") as file:
        file.write(msgspec.json.encode(manifest) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(final)
    sync_directory(path.parent)

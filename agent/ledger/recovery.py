"""Recovery: a damaged ledger is set aside and made anew, and says so until somebody agrees.

Nothing is thrown away. The damaged files move to the quarantine as they are. The new ledger starts
from the newest sound backup and grows by every entry that follows, by sequence and hash, wherever
one is found: in later backups, in sealed segments, in the damaged database itself, which SQLite can
often still read in part. So a flipped bit in a projection costs no entry at all, and a lost disk
page costs what stood behind it and was in no backup.

What is rebuilt begins a new epoch and is frozen: sales are taken and points given, but nothing is
redeemed until head office opens an epoch or, where there is none, an operator confirms. Entries
may be missing that were answered, and points they spent must not be spent twice.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from agent.core.entry import GENESIS, Entry, MalformedEntry, Position, link_hash
from agent.core.facts import EpochCause, OpenEpoch
from agent.core.instant import DeviceClock
from agent.core.values import MintId
from agent.ledger import projections
from agent.ledger.backup import Backup, backups, is_sound
from agent.ledger.base import position_of
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.errors import LedgerDamaged
from agent.ledger.migrations import migrate
from agent.ledger.places import Places, sync_directory
from agent.ledger.queries import SQL
from agent.ledger.segments import Archive
from agent.ledger.transaction import Tip, Transaction
from agent.ledger.view import ACKNOWLEDGED, INCARNATION, View, journaled
from agent.ledger.witness import read_witness

__all__ = ["Rebuilt", "is_missing", "quarantine", "rebuild", "restore"]

_log = structlog.get_logger(__name__)

_IN_QUARANTINE = "damaged.db"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What came of it: the newest entry that could be saved, and where the damaged files are."""

    head: Position
    from_backup: str | None
    quarantine: Path


def is_missing(places: Places) -> bool:
    """Say whether a ledger was here whose database is gone."""
    return not places.database.exists() and any(trace.exists() for trace in places.traces)


def rebuild(places: Places, reason: str, *, clock: DeviceClock, mint_id: MintId) -> Rebuilt:
    """Set a damaged ledger aside and make it anew. May be killed anywhere and begun again.

    Raises OSError or sqlite3.Error where the disk does not let it.
    """
    seen = read_witness(places.witness)
    aside = quarantine(places, reason)
    candidates = [b for b in backups(places.backups) if is_sound(places.backups, b)]
    full = next((b for b in candidates if b.kind == "full"), None)
    newest = candidates[0] if candidates else None
    reached = _make(places, full)
    if newest is not None and newest.place > _place(reached):
        # The chain between the last full backup and this one is broken: begin here instead.
        full, reached = newest, _make(places, newest)
    last_epoch = max(reached.epoch, 0 if seen is None else seen.epoch)
    _open_epoch(places, "rebuilt", reason, clock, mint_id, epoch=last_epoch + 1)
    _install(places)
    name = None if full is None else full.file
    _log.error("ledger_rebuilt", why=reason, head=str(reached), backup=name)
    return Rebuilt(head=reached, from_backup=name, quarantine=aside)


def restore(places: Places, source: Path, *, clock: DeviceClock, mint_id: MintId) -> Rebuilt:
    """Put a backup in the ledger's place, in a new epoch; the present files go to quarantine.

    Raises LedgerDamaged where the file is no ledger, OSError or sqlite3.Error.
    """
    try:
        with closing(open_reader(source)) as kept:
            head = View(kept).head()
    except sqlite3.Error as error:
        raise LedgerDamaged(f"{source}: {error}") from error
    seen = read_witness(places.witness)
    described = next((b for b in backups(source.parent) if b.file == source.name), None)
    aside = quarantine(places, f"replaced by {source.name}")
    _begin(places, source, described)
    last_epoch = max(head.epoch, 0 if seen is None else seen.epoch)
    reason = f"restored from {source.name}"
    _open_epoch(places, "restored", reason, clock, mint_id, epoch=last_epoch + 1)
    _install(places)
    return Rebuilt(head=head, from_backup=source.name, quarantine=aside)


def quarantine(places: Places, reason: str) -> Path:
    """Move what is there aside, byte for byte, with the reason beside it."""
    numbers = [int(path.name) for path in places.quarantine.glob("[0-9]*") if path.name.isdigit()]
    aside = places.quarantine / f"{max(numbers, default=0) + 1:03}"
    aside.mkdir(mode=0o700, parents=True)
    (aside / "reason.txt").write_text(f"{reason}\n", "utf-8")
    main, log, index = places.live
    # The log first: a database without its log would be taken for whole.
    for path, ending in ((log, "-wal"), (index, "-shm"), (main, "")):
        with suppress(FileNotFoundError):
            path.rename(aside / f"{_IN_QUARANTINE}{ending}")
    places.witness.unlink(missing_ok=True)
    sync_directory(aside)
    sync_directory(places.database.parent)
    return aside


def _unfinished(places: Places) -> Path:
    return places.database.with_name(f"{places.database.name}.unfinished")


def _place(position: Position) -> tuple[int, int]:
    return (position.epoch, position.seq)


def _begin(places: Places, source: Path | None, described: Backup | None) -> None:
    """Lay the unfinished ledger's first stone: a copy of a backup, or an empty database."""
    unfinished = _unfinished(places)
    for path in Places(unfinished).live:
        path.unlink(missing_ok=True)
    if source is not None:
        shutil.copyfile(source, unfinished)
    if described is not None and described.kind == "hourly":
        _become_base(places, source or unfinished, described)
        with closing(open_writer(unfinished)) as building:
            building.execute("DELETE FROM segments")
    elif described is None or position_of(described.begins_after).seq == 0:
        places.base.unlink(missing_ok=True)


def _become_base(places: Places, source: Path, described: Backup) -> None:
    """Let a ledger begin with an hourly backup, which has no older entries."""
    keys = {"base_position": described.head, "base_begins_after": described.begins_after}
    shutil.copyfile(source, places.base)
    with closing(open_writer(places.base)) as base:
        for key, value in keys.items():
            base.execute(SQL["put_meta"], (key, value))
        base.execute("PRAGMA journal_mode = DELETE")


def _make(places: Places, start: Backup | None) -> Position:
    """Build the unfinished ledger from a backup, or from nothing; answers how far it reaches."""
    source = None if start is None else places.backups / start.file
    _begin(places, source, start)
    archive = Archive(places.segments)
    with closing(open_writer(_unfinished(places))) as building:
        migrate(building, archive)
        building.execute("BEGIN IMMEDIATE")
        head = View(building).head()
        if start is None:
            head = _know_segments(building, archive)
        head = _extend(places, building, archive, head)
        building.execute("COMMIT")
        return head


def _know_segments(building: sqlite3.Connection, archive: Archive) -> Position:
    """Take the sealed files into a ledger that starts from nothing; answers how far they reach."""
    head = View(building).head()
    for segment in archive.found():
        grown = head
        building.execute("SAVEPOINT segment")
        with suppress(LedgerDamaged):
            grown = _append_all(building, head, archive.entries(segment, after_seq=0), keep=False)
        if grown.hash == segment.last_hash:
            building.execute(SQL["add_segment"], segment)
            head = grown
        else:  # a part of it is not known as a segment: _extend takes what can be read of it
            building.execute("ROLLBACK TO segment")
        building.execute("RELEASE segment")
    return head


def _extend(
    places: Places, building: sqlite3.Connection, archive: Archive, head: Position
) -> Position:
    """Add every entry that follows, from whatever source has it, until none has more."""
    databases = [places.backups / backup.file for backup in reversed(backups(places.backups))]
    databases += sorted(places.quarantine.glob(f"*/{_IN_QUARANTINE}"), reverse=True)
    while True:
        before = head
        for segment in archive.found():
            if (segment.epoch, segment.last_seq) > _place(head):
                after_seq = head.seq if segment.epoch == head.epoch else 0
                with suppress(LedgerDamaged):
                    entries = archive.entries(segment, after_seq=after_seq)
                    head = _append_all(building, head, entries)
        for database in databases:
            head = _append_all(building, head, _in_order(database, head))
            head = _append_all(building, head, _as_stored(database, head))
        if head == before:
            return head


def _in_order(database: Path, after: Position) -> Iterator[tuple[Position, bytes]]:
    """Walk a database that may be damaged, as far as SQLite can read it."""
    with suppress(sqlite3.Error), closing(open_reader(database)) as connection:
        yield from journaled(connection, after=_place(after))


def _as_stored(database: Path, after: Position) -> Iterator[tuple[Position, bytes]]:
    """Walk its rows without any index: it may be an index that is damaged."""
    with suppress(sqlite3.Error), closing(open_reader(database)) as connection:
        for epoch, seq, canonical, digest in connection.execute(SQL["entries_as_stored"]):
            if (epoch, seq) > _place(after):
                yield Position(epoch=epoch, seq=seq, hash=digest), canonical


def _append_all(
    building: sqlite3.Connection,
    head: Position,
    entries: Iterator[tuple[Position, bytes]],
    *,
    keep: bool = True,
) -> Position:
    """Add entries as long as each follows from the one before; answers the new head."""
    for position, canonical in entries:
        try:
            entry = Entry.parse(canonical)
        except MalformedEntry:
            break
        if not _follows(head, position, entry, canonical):
            break
        if keep:
            row = (entry.epoch, entry.seq, entry.id, canonical, position.hash)
            building.execute(SQL["append_entry"], row)
        projections.apply(building, entry)
        head = position
    return head


def _follows(head: Position, position: Position, entry: Entry, canonical: bytes) -> bool:
    if (entry.epoch, entry.seq) != _place(position):
        return False
    if position.epoch == head.epoch:
        before = head
    else:
        fact = entry.fact
        if not isinstance(fact, OpenEpoch) or fact.parent_hash != head.hash.hex():
            return False
        before = Position(epoch=position.epoch, seq=0, hash=GENESIS)
    return position.seq == before.seq + 1 and position.hash == link_hash(before.hash, canonical)


def _open_epoch(
    places: Places,
    cause: EpochCause,
    reason: str,
    clock: DeviceClock,
    mint_id: MintId,
    *,
    epoch: int,
) -> None:
    """Begin the new life: another incarnation, and nobody has said yet that it may redeem."""
    archive = Archive(places.segments)
    with closing(open_writer(_unfinished(places))) as building:
        migrate(building, archive)
        view = View(building, archive)
        building.execute("BEGIN IMMEDIATE")
        if view.meta(INCARNATION) is None:
            known = _incarnation_of_damaged(places) or mint_id()
            building.execute(SQL["put_meta"], (INCARNATION, known))
        head = view.head()
        if view.acknowledged() > _place(head):  # head office holds more than could be saved
            building.execute(SQL["put_meta"], (ACKNOWLEDGED, f"{head.epoch}:{head.seq}"))
        transaction = Transaction(
            building, Tip.of(view), clock=clock, mint_id=mint_id, archive=archive
        )
        transaction.open_epoch(cause, incarnation=mint_id(), reason=reason[:200], epoch=epoch)
        building.execute("COMMIT")
        building.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _incarnation_of_damaged(places: Places) -> str | None:
    """Look up under which name the damaged ledger was known, where it can still say so."""
    for database in sorted(places.quarantine.glob(f"*/{_IN_QUARANTINE}"), reverse=True):
        with suppress(sqlite3.Error), closing(open_reader(database)) as connection:
            if (known := View(connection).meta(INCARNATION)) is not None:
                return known
    return None


def _install(places: Places) -> None:
    """Give the finished ledger its name; before this it does not count."""
    unfinished = _unfinished(places)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    for path in Places(unfinished).live[1:]:
        path.unlink(missing_ok=True)
    unfinished.rename(places.database)
    sync_directory(places.database.parent)

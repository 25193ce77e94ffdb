"""Recovery: a damaged ledger goes to quarantine and is made anew; it says so until somebody agrees.

Nothing is thrown away. The damaged files move to the quarantine as they are. The new ledger starts
from the newest sound backup and grows by every entry that follows, by sequence and hash, wherever
one is found: in later backups, in sealed segments, in the damaged database itself, which SQLite can
often still read in part. So a flipped bit in a projection costs no entry at all, and a lost disk
page costs what stood behind it and was in no backup.

What is rebuilt begins a new epoch and is frozen: sales are taken and points given, but nothing is
redeemed until head office opens an epoch or, where there is none, an operator confirms. Entries
may be missing that were answered, and points they spent must not be spent twice.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from agent.core.entry import Position
from agent.core.instant import DeviceClock
from agent.core.values import MintId
from agent.ledger.base import position_of
from agent.ledger.building import Made, install, make, open_epoch
from agent.ledger.errors import LedgerDamaged
from agent.ledger.places import Places, identity_of
from agent.ledger.quarantine import (
    close_cell,
    newest_epoch,
    quarantine,
    reason_of,
    used_backups,
)
from agent.ledger.ring import Backup, described, named_segments, take_segments_back
from agent.ledger.segments import Segment
from agent.ledger.sources import Sources

__all__ = ["Suspicion", "is_missing", "rebuild", "restore"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """What came of it: the newest entry that could be saved, and where the damaged files are."""

    head: Position
    from_backup: str | None
    quarantine: Path
    left_out: int = 0
    """How many older entries a backup names whose sealed files are not here, or do not hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspicion:
    """Damage that was found in one database. Another that was put in its place is not suspected."""

    reason: str
    database: tuple[int, int] | None

    @classmethod
    def of(cls, places: Places, reason: str) -> "Suspicion":
        """Suspect the database that is there now. Raises OSError."""
        return cls(reason=reason, database=identity_of(places.database))

    def holds(self, places: Places) -> bool:
        """Say whether that database is still there, or none. Raises OSError."""
        return identity_of(places.database) in (self.database, None)


def is_missing(places: Places) -> bool:
    """Say whether a ledger was here whose database is gone, or has not one byte left."""
    if not any(trace.exists() for trace in places.traces):
        return False
    return not places.database.exists() or places.database.stat().st_size == 0


def rebuild(places: Places, reason: str, *, clock: DeviceClock, mint_id: MintId) -> Rebuilt:
    """Move a damaged ledger to quarantine and make it anew. May be killed anywhere and begun again.

    Raises OSError or sqlite3.Error where the disk does not let it.
    """
    epoch = newest_epoch(places) + 1
    cell = quarantine(places, reason)
    reason = reason_of(cell)  # of the first attempt, where this one found nothing more to move
    made = _make_best(places, Sources.of(places, cell))
    head = open_epoch(places, made, "rebuilt", reason, clock=clock, mint_id=mint_id, epoch=epoch)
    install(places, made.base, cell, head=head)
    name = None if made.start is None else made.start.file
    close_cell(cell, name)
    _log.error("ledger_rebuilt", why=reason, head=str(made.head), backup=name)
    return Rebuilt(head=made.head, from_backup=name, quarantine=cell)


def restore(places: Places, source: Path, *, clock: DeviceClock, mint_id: MintId) -> Rebuilt:
    """Put a backup in the ledger's place, in a new epoch; the present files go to quarantine.

    They stay where they are until the new ledger is whole. Raises LedgerDamaged where the file is
    no ledger or does not hold, LedgerNewer, OSError or sqlite3.Error.
    """
    if source.resolve() == places.database.resolve():
        raise LedgerDamaged(f"{source}: is the ledger itself; name a backup of it")
    start, epoch = described(source), newest_epoch(places) + 1
    take_segments_back(places, source)
    left_out = 0
    try:
        made = make(places, start, source)
    except LedgerDamaged:  # its sealed entries are not here
        made = make(places, start, source, whole=False)
        left_out = _count_between(start, made, named_segments(source))
    reason = f"restored from {source.name}"
    head = open_epoch(places, made, "restored", reason, clock=clock, mint_id=mint_id, epoch=epoch)
    cell = quarantine(places, f"replaced by {source.name}")
    install(places, made.base, cell, head=head)
    close_cell(cell)
    return Rebuilt(head=made.head, from_backup=source.name, quarantine=cell, left_out=left_out)


def _count_between(start: Backup, made: Made, named: list[Segment]) -> int:
    """Count the sealed entries of a backup before those with which the ledger made of it begins."""
    begin, end = position_of(start.begins_after).place, made.base.begins_after.place
    inside = [segment for segment in named if begin < (segment.epoch, segment.last_seq) <= end]
    return sum(segment.last_seq - segment.first_seq + 1 for segment in inside)


def _make_best(places: Places, sources: Sources) -> Made:
    """Build the ledger that can be replayed from its beginning, or else the one that reaches on.

    A backup whose ledger was found damaged again is not begun with twice; its entries still count.
    """
    used, ring = used_backups(places), places.backups
    starts = [backup for backup in sources.starts if backup.file not in used]
    made = None
    for full in (backup for backup in starts if backup.kind == "full"):
        with suppress(LedgerDamaged):
            made = make(places, full, ring / full.file, sources=sources)
            break
    made = made or make(places, None, None, sources=sources)
    for newer in (*starts, *sources.starts):
        if newer.place > made.head.place:
            # The chain up to this backup is broken: begin with it, and have nothing older.
            with suppress(LedgerDamaged):
                return make(places, newer, ring / newer.file, whole=False, sources=sources)
            source = None if made.start is None else ring / made.start.file
            made = make(places, made.start, source, sources=sources)
    return made

"""The disk budget: what a ledger's files may take, and what goes first when they take more.

0. What costs nothing: free pages, the write-ahead log, sealed files that no database names.
1. The oldest backups, down to the newest full and the newest hourly one.
2. Damaged copies in quarantine, down to the newest.
3. The oldest sealed segments that head office has acknowledged; the projections as they stood at
   their end take their place (agent/ledger/base.py). An agent without a head office keeps them all.

Entries that head office has not acknowledged are never dropped, whatever the disk says. Where the
budget cannot be held, the ledger says so until it can. Where something had to go, it says so until
nothing of that kind had to go for a whole day: in a day every chore that fills the disk comes round
once, so the budget is large enough then. A restart, which is how a budget is raised, begins anew.
"""

import os
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path

from agent.core.entry import Entry, Position
from agent.ledger import projections
from agent.ledger.background import in_background
from agent.ledger.backup import make_backup
from agent.ledger.base import Base, base_values, read_base
from agent.ledger.checks import UNREADABLE
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.errors import LedgerUnavailable
from agent.ledger.ledger import Ledger
from agent.ledger.migrations import migrate
from agent.ledger.places import Places, sync_directory
from agent.ledger.quarantine import damaged_databases
from agent.ledger.queries import SQL
from agent.ledger.ring import backups, prune
from agent.ledger.sealing import give_pages_back
from agent.ledger.segments import Segment
from agent.ledger.view import View

__all__ = ["DiskBudget", "Usage", "usage"]

_SEALED = "sealed entries"
_SAID_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Bytes on disk: the database with its log, segments, backups, quarantine."""

    database: int
    segments: int
    backups: int
    quarantine: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.database + self.segments + self.backups + self.quarantine


def usage(places: Places) -> Usage:
    """Measure what a ledger's files take."""
    return Usage(
        database=sum(_size(path) for path in (*places.live, places.base)),
        segments=_size(places.segments),
        backups=_size(places.backups),
        quarantine=_size(places.quarantine),
    )


class DiskBudget:
    """Holds one ledger's files to a budget, and says what that costs for as long as it is so."""

    def __init__(self, ledger: Ledger, *, budget_bytes: int, alone: bool) -> None:
        self._ledger = ledger
        self._budget_bytes = budget_bytes
        self._alone = alone
        self._over = 0
        self._dropped_at: dict[str, datetime] = {}

    @property
    def alarm(self) -> str | None:
        """What a person has to know: the budget cannot be held, or what was dropped to hold it."""
        if self._over > 0:
            return (
                f"the ledger's files take {self._over // 1024 + 1} KiB more than [ledger] "
                "budget_mib; nothing more may be dropped: raise the budget or move backups away"
            )
        now = self._ledger.now()
        dropped = sorted(what for what, at in self._dropped_at.items() if now - at < _SAID_FOR)
        if not dropped:
            return None
        return f"[ledger] budget_mib is reached; dropped to keep it: {', '.join(dropped)}"

    async def hold(self) -> None:
        """Make room where the files take more than the budget, in threads: a disk may be slow.

        Raises OSError, sqlite3.Error or LedgerUnavailable.
        """
        places, emptied = self._ledger.places, False
        if await self._measure() > 0:
            await self._give_back()
        while await self._measure() > 0:
            done = await in_background(lambda: _drop_backup(places) or _drop_quarantine(places))
            if done is None and not self._alone:
                done = await _drop_segment(self._ledger)
            if done is None:
                break
            self._dropped_at[done] = self._ledger.now()
            emptied = emptied or done == _SEALED
        if emptied:
            await in_background(lambda: _begin_ring_anew(places))
            await self._measure()

    async def _measure(self) -> int:
        """Answer how many bytes the files take more than they may; the alarm speaks of it."""
        used = await in_background(lambda: usage(self._ledger.places).total)
        self._over = max(0, used - self._budget_bytes)
        return self._over

    async def _give_back(self) -> None:
        """Give back what nobody needs. A disk too full for that may have room after the rest."""
        ledger = self._ledger
        with suppress(LedgerUnavailable):
            await give_pages_back(ledger)
            await ledger.write(lambda transaction: transaction.cut_log())
            named = await ledger.read(lambda view: {segment.name for segment in view.segments()})
            await in_background(lambda: _remove_unnamed(ledger, named))


def _remove_unnamed(ledger: Ledger, named: set[str]) -> None:
    """Remove sealed files that a kill or a restore left behind, and that nobody names any more.

    The ledger has let go of them, and so has every backup and every damaged copy; where one of
    these cannot say which files it names, all stay.
    """
    places = ledger.places
    copies = [places.backups / backup.file for backup in backups(places.backups)]
    for copy in (*copies, *damaged_databases(places)):
        try:
            with closing(open_reader(copy)) as kept:
                named |= {segment.name for segment in View(kept).segments()}
        except UNREADABLE:
            return
    ledger.archive.remove_all_but(named)


def _begin_ring_anew(places: Places) -> None:
    """Back up what is left: backups that count on dropped entries could not be replayed."""
    make_backup(places, "full")
    prune(places.backups, hourly=0, full=1)


def _drop_backup(places: Places) -> str | None:
    """Remove the oldest backup that is not the last of its kind."""
    ring = backups(places.backups)
    for kind in ("hourly", "full"):
        count = sum(backup.kind == kind for backup in ring)
        if count > 1:
            keep = {"hourly": len(ring), "full": len(ring)} | {kind: count - 1}
            prune(places.backups, hourly=keep["hourly"], full=keep["full"])
            return "backups"
    return None


def _drop_quarantine(places: Places) -> str | None:
    cells = [database.parent for database in damaged_databases(places)]
    if len(cells) < 2:
        return None
    shutil.rmtree(cells[-1])
    return "damaged copies"


async def _drop_segment(ledger: Ledger) -> str | None:
    """Move the ledger's beginning behind its oldest segment."""
    segments = await ledger.read(lambda view: view.segments())
    acknowledged = ledger.epochs.acknowledged
    if not segments or (segments[0].epoch, segments[0].last_seq) >= acknowledged:
        return None
    oldest = segments[0]
    await in_background(lambda: _move_base(ledger, oldest))
    await ledger.write(lambda transaction: transaction.forget_segment(oldest))
    await in_background(lambda: ledger.archive.remove(oldest))
    return _SEALED


def _move_base(ledger: Ledger, segment: Segment) -> None:
    """Write the projections as they stood at a segment's end, in place of the old base."""
    places, old = ledger.places, read_base(ledger.path)
    end = Position(epoch=segment.epoch, seq=segment.last_seq, hash=segment.last_hash)
    if end.place <= old.begins_after.place:
        return  # moved already, by an attempt that was cut off before the ledger knew
    unfinished = places.base.with_name(f"{places.base.name}.unfinished")
    for path in Places(unfinished).live:
        path.unlink(missing_ok=True)
    position = max(end, old.position, key=attrgetter("place"))
    with closing(open_writer(unfinished)) as base:
        migrate(base)
        base.execute("BEGIN IMMEDIATE")
        old.load(base)
        for at, canonical in ledger.archive.entries(segment, after_seq=0):
            if at.place > old.position.place:
                projections.apply(base, Entry.read(canonical))
        for row in base_values(Base(position=position, begins_after=end, seal=segment.seal)):
            base.execute(SQL["put_meta"], row)
        base.execute("COMMIT")
        base.execute("PRAGMA journal_mode = DELETE")
    unfinished.rename(places.base)
    sync_directory(places.base.parent)


def _size(path: Path) -> int:
    """Add up the bytes of a file or of everything below a directory."""
    with suppress(OSError):
        if path.is_dir():
            return sum(_size(Path(entry.path)) for entry in os.scandir(path))
        return path.stat().st_size
    return 0

"""Sources: what a damaged ledger can be made anew from, looked through once for each recovery."""

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.ledger.base import Base, read_base
from agent.ledger.checks import UNREADABLE
from agent.ledger.connection import open_reader
from agent.ledger.errors import LedgerDamaged
from agent.ledger.lives import Lives
from agent.ledger.places import Places
from agent.ledger.quarantine import damaged_databases
from agent.ledger.ring import Backup, backups, is_sound
from agent.ledger.salvage import is_kept, openings
from agent.ledger.segments import Archive
from agent.ledger.view import View

__all__ = ["Sources"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Backups to begin with, files that may hold entries, and which of those entries count."""

    starts: list[Backup]
    """Sound backups of the life that goes on, the newest first."""
    sound: list[Path]
    """All sound ones, the oldest first: one of a given-up life holds older entries too."""
    damaged: list[Path]
    profiles: list[Path]
    """Where to look for persons, the latest first. Of the quarantine only what is damaged now: an
    older copy would bring those back who were erased since.
    """
    lives: Lives

    @classmethod
    def of(cls, places: Places, cell: Path) -> "Sources":
        """Look through the ring and the quarantine; ``cell`` is this recovery's own.

        Raises LedgerNewer, or OSError or sqlite3.Error where the disk does not let it.
        """
        ring = places.backups
        known = backups(ring)
        sound = [backup for backup in known if is_sound(ring, backup)]
        paths = [ring / backup.file for backup in reversed(sound)]
        unsound = [ring / backup.file for backup in reversed(known) if backup not in sound]
        quarantined = damaged_databases(places)
        damaged = [*quarantined, *unsound]
        lives = _lives_of(places, paths, damaged)
        starts = [backup for backup in sound if not lives.gave_up(backup.place)]
        own = [path for path in quarantined if path.parent == cell]
        latest = [path for path in own if not _is_older(path, starts[:1])]
        return cls(
            starts=starts,
            sound=paths,
            damaged=damaged,
            profiles=[*latest, *(ring / backup.file for backup in starts)],
            lives=lives,
        )


def _lives_of(places: Places, sound: list[Path], damaged: list[Path]) -> Lives:
    """Tell which lives the journal had. One that grew from an entry which is not ours is another
    ledger's: its sealed files may lie among ours.
    """
    archive = Archive(places.segments)
    base = Base()
    with suppress(LedgerDamaged):
        base = read_base(places.database)
    return Lives(
        (epoch, parent)
        for epoch, parent in openings(archive, sound, damaged)
        if parent == base.begins_after or is_kept(parent, archive, [*sound, *damaged])
    )


def _is_older(database: Path, newest: list[Backup]) -> bool:
    """Say whether a damaged database is an old copy that somebody put back."""
    with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
        head = View(connection).head()
        numbers = isinstance(head.epoch, int) and isinstance(head.seq, int)  # it may hold anything
        return numbers and any(head.place < backup.place for backup in newest)
    return False

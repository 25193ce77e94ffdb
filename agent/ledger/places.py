"""Which file lies where: everything a ledger owns stands beside its database, under its name."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places", "identity_of", "make_private", "sync_directory"]


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one ledger, from the path of its database."""

    database: Path

    def _beside(self, ending: str) -> Path:
        return self.database.with_name(self.database.name + ending)

    @property
    def live(self) -> tuple[Path, Path, Path]:
        """The database as SQLite keeps it: main file, write-ahead log, index of the log."""
        return (self.database, self._beside("-wal"), self._beside("-shm"))

    @property
    def lock(self) -> Path:
        """Held by the agent that owns the ledger."""
        return self._beside(".lock")

    @property
    def witness(self) -> Path:
        """The newest position that was answered for."""
        return self._beside(".head")

    @property
    def confirmation(self) -> Path:
        """An operator's word that a rebuilt ledger may go on."""
        return self._beside(".confirmed")

    @property
    def key(self) -> Path:
        """The device's own key, with which it signs what it tells head office."""
        return self._beside(".key")

    @property
    def base(self) -> Path:
        """Projections as they stood where the kept entries begin, once older ones were dropped."""
        return self._beside(".base")

    @property
    def segments(self) -> Path:
        """Sealed entries."""
        return self._beside(".segments")

    @property
    def backups(self) -> Path:
        """The ring of backups."""
        return self._beside(".backups")

    @property
    def programs(self) -> Path:
        """Versions of the program, and promotions, that head office sent."""
        return self._beside(".programs")

    @property
    def quarantine(self) -> Path:
        """Damaged files, kept byte for byte."""
        return self._beside(".quarantine")

    @property
    def traces(self) -> tuple[Path, ...]:
        """What a ledger that has run leaves beside its database."""
        return (self.witness, self.base, self.segments, self.backups, self.quarantine)

    def owns(self, name: str) -> bool:
        """Say whether a name beside the database is one of the ledger's, or was made for one."""
        own = self.database.name
        return name == own or name.startswith((f"{own}.", f"{own}-"))


def identity_of(path: Path) -> tuple[int, int] | None:
    """Tell one file from another of the same name; None where there is none. Raises OSError."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return (status.st_dev, status.st_ino)
    return None


def make_private(path: Path) -> None:
    """Make an empty file that is its owner's alone, whatever was there: it will hold card numbers.

    Raises OSError.
    """
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)


def sync_directory(directory: Path) -> None:
    """Make names made, moved and removed in a directory durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

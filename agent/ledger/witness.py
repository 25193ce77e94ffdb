"""The witness: the newest answered position, kept outside the database.

SQLite takes a write-ahead log that was cut short for one that simply ends earlier, and forgets the
commits behind the cut without a word. The witness is written after each commit, so it is never
ahead of what was durable then: a database that ends before it has lost entries that were answered.
It is not synced. A power cut may leave it behind or torn, and then it merely proves less.

Where it was lost, or put back together with an old copy of the database, the newest backup still
speaks: its manifest names the entry that was the newest then.

One line: epoch, seq, the entry's hash, and a CRC-32 of the three.
"""

import os
import zlib
from operator import attrgetter
from pathlib import Path

from agent.core.entry import Position
from agent.ledger.base import position_of
from agent.ledger.places import Places
from agent.ledger.ring import backups

__all__ = ["Witness", "newest_seen", "read_witness"]


class Witness:
    """Writes the newest position in place; one small write and no sync."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def open(self) -> None:
        """Open the file. Raises OSError."""
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def saw(self, head: Position) -> None:
        """Note a durable position. Raises OSError."""
        if self._descriptor is not None:
            os.pwrite(self._descriptor, _line(head), 0)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_witness(path: Path) -> Position | None:
    """Read what was noted last; None where nothing was, or where the line is torn."""
    try:
        line = path.read_bytes()
        epoch, seq, digest, _ = line.decode("ascii").split()
        head = Position(epoch=int(epoch), seq=int(seq), hash=bytes.fromhex(digest))
    except (OSError, ValueError):
        return None
    return head if _line(head) == line else None


def newest_seen(places: Places) -> Position | None:
    """Answer the newest position that witness or ring speak of; None where neither does."""
    known = [position_of(backup.head) for backup in backups(places.backups)[:1]]
    noted = read_witness(places.witness)
    if noted is not None:
        known.insert(0, noted)  # of two that are as new, the one that was written later
    return max(known, key=attrgetter("place"), default=None)


def _line(head: Position) -> bytes:
    """One line of constant length, so that a new one covers the old one whole."""
    text = f"{head.epoch:020} {head.seq:020} {head.hash.hex()}"
    return f"{text} {zlib.crc32(text.encode()):08x}\n".encode()

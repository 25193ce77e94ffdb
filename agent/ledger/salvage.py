"""Salvage: every entry that follows, by sequence and hash, wherever one is found.

Sources may be damaged anywhere, so nothing that they say is believed before it is hashed: a row may
hold text or nothing where bytes should be, and an index may point to the wrong row.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

from agent.core.entry import GENESIS, Entry, Position
from agent.core.facts import OpenEpoch
from agent.ledger import projections
from agent.ledger.base import Base
from agent.ledger.checks import UNREADABLE
from agent.ledger.connection import open_reader
from agent.ledger.entries import follows, read_following
from agent.ledger.errors import LedgerDamaged
from agent.ledger.lives import Lives
from agent.ledger.queries import SQL
from agent.ledger.segments import Archive
from agent.ledger.view import journaled

__all__ = ["Growth", "is_kept", "openings"]

_BEGINNING = Position(epoch=0, seq=0, hash=GENESIS)


class Growth:
    """An unfinished ledger and how far it reaches.

    Its projections hold everything up to the base's position. An entry that contradicts them shows
    that they are wrong, LedgerDamaged; in a ledger that began with nothing it is the entry.
    """

    def __init__(
        self,
        building: sqlite3.Connection,
        archive: Archive,
        base: Base,
        head: Position,
        lives: Lives,
    ) -> None:
        self._building = building
        self._archive = archive
        self._lives = lives
        self.base = base
        self.head = head
        self.stops_at_contradictions = False

    def know_segments(self, seal: bytes) -> None:
        """Take over the sealed files that follow whole, linked to ``seal``, and each other."""
        for segment in self._archive.found():
            before = self.head
            self._building.execute("SAVEPOINT segment")
            try:
                self._archive.check(segment, seal)
                self._take(self._archive.entries(segment, after_seq=0), keep=False)
                whole = self.head.place == (segment.epoch, segment.last_seq)
            except LedgerDamaged:
                whole = False
            if whole and before != self.head:
                self._building.execute(SQL["add_segment"], segment)
                seal = segment.seal
            else:
                self._building.execute("ROLLBACK TO segment")
                self.head = before
            self._building.execute("RELEASE segment")

    def extend(self, sound: list[Path], damaged: list[Path]) -> None:
        """Add every entry that follows, from whatever source has it, until none has more."""
        before = None
        while before != self.head:
            before = self.head
            for segment in self._archive.found():
                if (segment.epoch, segment.last_seq) > self.head.place:
                    after_seq = self.head.seq if segment.epoch == self.head.epoch else 0
                    with suppress(LedgerDamaged):
                        self._take(self._archive.entries(segment, after_seq=after_seq))
            for database in (*sound, *damaged):
                self._take(_in_order(database, self.head))
            for database in damaged:
                self._take(_as_stored(database, self.head))

    def take_profiles(self, databases: list[Path]) -> None:
        """Take what is known of persons from the first source that can be read to its end."""
        for database in databases:
            try:
                with closing(open_reader(database)) as connection:
                    rows = connection.execute(SQL["profiles"]).fetchall()
            except UNREADABLE:
                continue
            if self._keep_profiles(rows):
                return

    def _keep_profiles(self, rows: list[tuple[object, ...]]) -> bool:
        """Put them in place of those that are there; says whether a ledger could hold them."""
        self._building.execute("SAVEPOINT profiles")
        try:
            self._building.execute(SQL["erase_profiles"])
            self._building.executemany(SQL["put_profile"], rows)
        except sqlite3.IntegrityError:
            self._building.execute("ROLLBACK TO profiles")
            return False
        self._building.execute("RELEASE profiles")
        return True

    def _take(self, entries: Iterable[tuple[Position, bytes]], *, keep: bool = True) -> None:
        """Add entries as long as each follows from the one before, in a life that goes on."""
        for position, canonical in entries:
            if self._lives.gave_up(position.place):
                return
            entry = _following(self.head, position, canonical)
            if entry is None or not self._add(entry, position, canonical, keep=keep):
                return
            self.head = position

    def _add(self, entry: Entry, position: Position, canonical: bytes, *, keep: bool) -> bool:
        self._building.execute("SAVEPOINT entry")
        try:
            if keep:
                row = (entry.epoch, entry.seq, entry.id, canonical, position.hash)
                self._building.execute(SQL["append_entry"], row)
            if position.place > self.base.position.place:
                projections.apply(self._building, entry)
        except sqlite3.IntegrityError:
            if not self.stops_at_contradictions:
                raise
            self._building.execute("ROLLBACK TO entry")
            return False
        self._building.execute("RELEASE entry")
        return True


def _following(head: Position, position: Position, canonical: bytes) -> Entry | None:
    """Parse an entry that follows from ``head``; None for anything else. Raises LedgerNewer."""
    begins = position.epoch != head.epoch
    if position.seq != (1 if begins else head.seq + 1) or not follows(
        position, canonical, head.hash
    ):
        return None
    entry = read_following(position, canonical)
    fact = entry.fact
    if begins and not (isinstance(fact, OpenEpoch) and fact.parent_hash == head.hash.hex()):
        return None
    holds = (entry.epoch, entry.seq) == position.place and entry.canonical() == canonical
    return entry if holds else None


def openings(archive: Archive, sound: list[Path], damaged: list[Path]) -> set[tuple[int, Position]]:
    """Find every life that any source knows of: its epoch, and the entry that it grew from.

    Raises LedgerNewer.
    """
    found = set()
    for position, canonical in _first_entries(archive, sound, damaged):
        if position.seq == 1 and position.epoch > 0 and follows(position, canonical, GENESIS):
            fact = read_following(position, canonical).fact
            if isinstance(fact, OpenEpoch):
                digest = bytes.fromhex(fact.parent_hash)
                parent = Position(epoch=fact.parent_epoch, seq=fact.parent_seq, hash=digest)
                found.add((position.epoch, parent))
    return found


def is_kept(position: Position, archive: Archive, databases: list[Path]) -> bool:
    """Say whether any source has this very entry."""
    for database in databases:
        with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
            row = connection.execute(SQL["entry_at"], position.place).fetchone()
            if row is not None and row[1] == position.hash:
                return True
    for segment in archive.found():
        if segment.epoch == position.epoch and segment.first_seq <= position.seq:
            with suppress(LedgerDamaged):
                if archive.entry(segment, position.seq).hash == position.hash:
                    return True
    return False


def _first_entries(
    archive: Archive, sound: list[Path], damaged: list[Path]
) -> Iterator[tuple[Position, bytes]]:
    for segment in archive.found():
        with suppress(LedgerDamaged):
            yield from islice(archive.entries(segment, after_seq=0), 1)
    for database in (*sound, *damaged):
        with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
            yield from _typed(_positioned(connection.execute(SQL["first_entries"])))
    for database in damaged:
        yield from _as_stored(database, _BEGINNING)


def _in_order(database: Path, after: Position) -> Iterator[tuple[Position, bytes]]:
    """Walk a database that may be damaged, as far as SQLite can read it."""
    with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
        yield from _typed(journaled(connection, after=after.place))


def _as_stored(database: Path, after: Position) -> Iterator[tuple[Position, bytes]]:
    """Walk its rows without any index: it may be an index that is damaged."""
    with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
        rows = connection.execute(SQL["entries_as_stored"])
        for position, canonical in _typed(_positioned(rows)):
            if position.place > after.place:
                yield position, canonical


def _positioned(rows: sqlite3.Cursor) -> Iterator[tuple[Position, bytes]]:
    for epoch, seq, canonical, digest in rows:
        yield Position(epoch=epoch, seq=seq, hash=digest), canonical


def _typed(rows: Iterator[tuple[Position, bytes]]) -> Iterator[tuple[Position, bytes]]:
    """Leave out rows whose columns are no longer what the table declares."""
    for position, canonical in rows:
        numbers = isinstance(position.epoch, int) and isinstance(position.seq, int)
        if numbers and isinstance(position.hash, bytes) and isinstance(canonical, bytes):
            yield position, canonical

"""Replay from zero: prove that the journal holds together and that the projections follow from it.

The rebuilt projections are made by the very code that made the live ones, in a temporary database
that SQLite keeps in memory and spills to disk when it grows.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from agent.core.entry import GENESIS, Entry, Position, link_hash
from agent.core.facts import OpenEpoch
from agent.ledger import projections
from agent.ledger.base import Base, read_base
from agent.ledger.entries import follows, read_following
from agent.ledger.errors import LedgerDamaged
from agent.ledger.evidence import fault_in_pages, speaks_of_damage
from agent.ledger.migrations import migrate, open_known
from agent.ledger.places import Places
from agent.ledger.queries import SQL
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled

__all__ = ["Progress", "Replay", "replay", "verify_chain"]


Progress = Callable[[int, int], None]
"""Called now and then with how many entries are done, of how many."""

T = TypeVar("T")

_TOLD_EVERY = 100
_CACHE_KIB = 64 * 1024
_BLOCK = 1_000


def _silent(_done: int, _of: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What a replay found: everything held, or it would have raised."""

    entries: int
    head: Position
    incarnation: str
    balances: dict[str, int]
    """Active points of every account, 0 included."""


def verify_chain(path: Path, *, progress: Progress = _silent) -> Position:
    """Check sequence, hashes and seals only (I7), which is many times faster; answers the head.

    Raises LedgerDamaged naming the first entry that does not hold; LedgerNewer or LedgerUnavailable
    for a ledger of another version.
    """

    def check() -> Position:
        with _opened(path) as live:
            base = read_base(path)
            chain = _chained(live, Archive(Places(path).segments), base, progress)
            head = base.begins_after
            for _, position in chain:
                head = position
            return head

    return _from_one_base(path, check)


def replay(path: Path, *, progress: Progress = _silent) -> Replay:
    """Replay a ledger file, which may be in use. ``progress(done, of)`` is called
    now and then and at the end.

    Holds gap-free sequence and chain (I7), postings that sum to zero (I3) and projections equal to
    a rebuild (I9). Raises LedgerDamaged naming the first entry or row that does not hold, and as
    ``verify_chain`` does for another version's. Cost: linear in the journal.
    """

    def check() -> Replay:
        with closing(sqlite3.connect("", isolation_level=None)) as rebuilt, _opened(path) as live:
            return _replay(live, rebuilt, path, progress)

    return _from_one_base(path, check)


def _from_one_base(path: Path, check: Callable[[], T]) -> T:
    """Check again where the ledger's beginning moved meanwhile.

    The disk budget drops old entries when it must: what was missing then is no damage.
    """
    while True:
        begins_after = read_base(path).begins_after
        try:
            return check()
        except LedgerDamaged:
            if read_base(path).begins_after == begins_after:
                raise


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a ledger for reading; bytes that have changed are LedgerDamaged."""
    try:
        with closing(open_known(path)) as live:
            yield live
    except LedgerDamaged:
        raise  # it says so itself
    except Exception as error:
        if speaks_of_damage(error, path):
            raise LedgerDamaged(f"{path}: {error}") from error
        raise


def _replay(
    live: sqlite3.Connection, rebuilt: sqlite3.Connection, path: Path, progress: Progress
) -> Replay:
    archive, base = Archive(Places(path).segments), read_base(path)
    rebuilt.execute("PRAGMA journal_mode = OFF")  # thrown away in any case
    rebuilt.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    migrate(rebuilt)
    rebuilt.execute("BEGIN")
    base.load(rebuilt)
    count, head, begins = 0, base.position, base.position.place
    for canonical, position in _chained(live, archive, base, progress):
        entry = _parse(canonical, position)
        if isinstance(entry.fact, OpenEpoch):
            _check_parent(entry.fact, position, head)
        count, head = count + 1, position
        if (position.epoch, position.seq) > begins:
            _fold(rebuilt, entry)
    rebuilt.execute("COMMIT")
    misnamed = live.execute(SQL["misnamed_entry"]).fetchone()
    if misnamed is not None:
        raise LedgerDamaged(f"entry {misnamed[0]}:{misnamed[1]}: is kept under another id")
    _compare(live, rebuilt)
    (unbalanced,) = live.execute(SQL["sum_of_postings"]).fetchone()
    if unbalanced:
        raise LedgerDamaged(f"balances: the postings sum to {unbalanced}, not to zero")
    if (fault := fault_in_pages(live)) is not None:
        raise LedgerDamaged(f"{path}: {fault}")
    return Replay(
        entries=count,
        head=head,
        incarnation=View(live).incarnation(head.epoch),
        balances=dict(rebuilt.execute(SQL["balances"]).fetchall()),
    )


def _chained(
    live: sqlite3.Connection, archive: Archive, base: Base, progress: Progress
) -> Iterator[tuple[bytes, Position]]:
    """Walk the journal and hold its chain: every entry kept, in its place and following.

    Nearly all of it in short reads: a state that is held keeps the write-ahead log growing. What
    came meanwhile is read in one state, which stays open for whoever compares it; from there on
    nothing is said of progress, so that a screen that has stopped cannot keep that state open.
    """
    total = int(live.execute(SQL["count_entries"]).fetchone()[0])
    head, done = base.begins_after, 0
    seal = _check_seals(live, archive, head.place, base.seal)
    for position, canonical in journaled(live, archive, after=head.place):
        head = _following(head, position, canonical)
        yield canonical, position
        done += 1
        if done % _TOLD_EVERY == 0:
            progress(min(done, total), total)
    progress(done, done)
    live.execute("BEGIN")
    for position, canonical in journaled(live, archive, after=head.place):
        head = _following(head, position, canonical)
        yield canonical, position
    _check_seals(live, archive, *seal)


def _check_seals(
    live: sqlite3.Connection, archive: Archive, after: tuple[int, int], seal: bytes
) -> tuple[tuple[int, int], bytes]:
    """Hold the sealed files after a place to their seals; answers where the last one ends, and
    its seal.
    """
    for segment in View(live).segments():
        if (segment.epoch, segment.last_seq) > after:  # or it is about to be dropped
            archive.check(segment, seal)
            after, seal = (segment.epoch, segment.last_seq), segment.seal
    return after, seal


def _following(head: Position, position: Position, canonical: bytes) -> Position:
    """Hold that an entry follows from the one before it; answers its position."""
    is_next = position.seq == head.seq + 1 and position.epoch == head.epoch
    if is_next and link_hash(head.hash, canonical) == position.hash:
        return position
    if position.epoch > head.epoch:
        head = Position(epoch=position.epoch, seq=0, hash=GENESIS)
    if position.epoch != head.epoch or position.seq != head.seq + 1:
        raise LedgerDamaged(
            f"entry {position.epoch}:{position.seq}: comes after {head.epoch}:{head.seq}, "
            "an entry is missing"
        )
    if not follows(position, canonical, head.hash):
        raise LedgerDamaged(
            f"entry {position.epoch}:{position.seq}: its hash does not follow from the entry "
            "before it"
        )
    return position


def _parse(canonical: bytes, position: Position) -> Entry:
    entry = read_following(position, canonical)
    if (entry.epoch, entry.seq) != (position.epoch, position.seq):
        raise LedgerDamaged(
            f"entry {position.epoch}:{position.seq}: says it is entry {entry.epoch}:{entry.seq}"
        )
    return entry


def _check_parent(fact: OpenEpoch, position: Position, head: Position) -> None:
    parent = Position(
        epoch=fact.parent_epoch, seq=fact.parent_seq, hash=bytes.fromhex(fact.parent_hash)
    )
    if parent != head or position.seq != 1:
        raise LedgerDamaged(
            f"entry {position.epoch}:{position.seq}: says its epoch grew from {parent}, not {head}"
        )


def _fold(rebuilt: sqlite3.Connection, entry: Entry) -> None:
    try:
        projections.apply(rebuilt, entry)
    except sqlite3.IntegrityError as error:
        raise LedgerDamaged(
            f"entry {entry.epoch}:{entry.seq}: contradicts an earlier entry: {error}"
        ) from error


def _compare(live: sqlite3.Connection, rebuilt: sqlite3.Connection) -> None:
    """Hold every projection to its rebuild, row by row, without holding either in memory."""
    for table, key in projections.TABLES.items():
        rows = f"SELECT * FROM {table} ORDER BY {key}"  # noqa: S608 - our own constants
        here, there = live.execute(rows), rebuilt.execute(rows)
        more = True
        while more:
            block, should_be = here.fetchmany(_BLOCK), there.fetchmany(_BLOCK)
            if block != should_be:
                _name_difference(table, block, should_be)
            more = bool(block)


def _name_difference(table: str, block: list[Any], should_be: list[Any]) -> None:
    """Raise LedgerDamaged naming the first row that differs."""
    for is_row, should_row in zip_longest(block, should_be):
        if is_row != should_row:
            raise LedgerDamaged(
                f"{table}: has {_shown(table, is_row)}, "
                f"the journal says {_shown(table, should_row)}"
            )


def _shown(table: str, row: tuple[object, ...] | None) -> object:
    """Put a row in a message; the number of a card or a voucher is no text for a ticket or mail."""
    if row is None:
        return "no such row"
    secret = {"cards": "card", "vouchers": "voucher", "voucher_uses": "voucher"}.get(table)
    return row if secret is None else (f"(a {secret})", *row[1:3])

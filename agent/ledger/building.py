"""Building: a ledger is made anew beside its place, and gets its name when it is whole.

The first stone is a copy of a backup or an empty database; the rest is salvaged. What is built has
no name that counts until the end, so that it may be cut off anywhere and begun again.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from agent.core.entry import Position
from agent.core.facts import EpochCause
from agent.core.instant import DeviceClock
from agent.core.values import MintId
from agent.ledger.base import BASE_KEYS, Base, mark_base, position_of, read_base
from agent.ledger.checks import UNREADABLE, check_newest
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.errors import LedgerDamaged
from agent.ledger.evidence import speaks_of_damage
from agent.ledger.lives import Lives
from agent.ledger.migrations import migrate, refuse_newer
from agent.ledger.places import Places, make_private, sync_directory
from agent.ledger.quarantine import damaged_databases, keep_base
from agent.ledger.queries import SQL
from agent.ledger.ring import Backup
from agent.ledger.salvage import Growth
from agent.ledger.segments import Archive, Segment
from agent.ledger.sources import Sources
from agent.ledger.transaction import Tip, Transaction
from agent.ledger.view import ACKNOWLEDGED, INCARNATION, View
from agent.ledger.witness import Witness

__all__ = ["Made", "install", "make", "open_epoch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """An unfinished ledger: how far it reaches, its base, and the backup it began with."""

    head: Position
    base: Base
    start: Backup | None


def make(
    places: Places,
    start: Backup | None,
    source: Path | None,
    *,
    whole: bool = True,
    sources: Sources | None = None,
) -> Made:
    """Build the unfinished ledger from a backup, or from nothing, and grow it from its sources.

    ``whole`` asks that it can be replayed from where the ledger began; otherwise it begins where
    what can be read begins, and the backup's own projections are its base. Raises LedgerDamaged
    where the backup does not hold.
    """
    unfinished = _unfinished(places)
    for path in (*Places(unfinished).live, *Places(_unfinished_base(places)).live):
        path.unlink(missing_ok=True)
    if source is not None:
        _copy(source, unfinished)
    archive = Archive(places.segments)
    lives = Lives() if sources is None else sources.lives
    with _damage_named(source), closing(open_writer(unfinished)) as building:
        if start is None or source is None:
            migrate(building)
            building.execute("BEGIN IMMEDIATE")
            growth = _from_nothing(places, building, archive, lives)
            base = growth.base
        else:
            refuse_newer(building)
            base = _base_of(places, building, archive, start, source, whole=whole)
            migrate(building, archive, lambda: base)
            building.execute("BEGIN IMMEDIATE")
            check_newest(building, archive, base)
            head = View(building).head()
            growth = Growth(building, archive, replace(base, position=head), head, lives)
        if sources is not None:
            growth.extend(sources.sound, sources.damaged)
            growth.take_profiles(sources.profiles)
        building.execute("COMMIT")
        return Made(head=growth.head, base=base, start=start)


def _from_nothing(
    places: Places, building: sqlite3.Connection, archive: Archive, lives: Lives
) -> Growth:
    """Begin where the ledger began: with its base, where it has one that can be read."""
    base = _load_base(places, building)
    growth = Growth(building, archive, base, base.begins_after, lives)
    growth.stops_at_contradictions = True
    growth.know_segments(base.seal)
    if base.path is not None:  # what was dropped had been acknowledged
        row = (ACKNOWLEDGED, "{}:{}".format(*base.begins_after.place))
        building.execute(SQL["put_meta"], row)
    return growth


def _load_base(places: Places, building: sqlite3.Connection) -> Base:
    """Fill the projections from the ledger's base; one that is damaged is as good as none."""
    building.execute("SAVEPOINT base")
    try:
        base = read_base(places.database)
        base.load(building)
    except UNREADABLE as error:
        if not speaks_of_damage(error, places.base):
            raise
        building.execute("ROLLBACK TO base")
        base = Base()
    building.execute("RELEASE base")
    return base


def _base_of(
    places: Places,
    building: sqlite3.Connection,
    archive: Archive,
    start: Backup,
    source: Path,
    *,
    whole: bool,
) -> Base:
    """Find the base that belongs to a backup, or let the backup itself become one."""
    begins_after = position_of(start.begins_after)
    for key in BASE_KEYS:
        building.execute(SQL["forget_meta"], (key,))
    present = Base()
    with suppress(LedgerDamaged):
        present = read_base(places.database)
    fits = [base for base in (Base(), present) if base.begins_after == begins_after]
    seal = fits[0].seal if fits else bytes.fromhex(start.begins_seal)
    bad = _last_bad_segment(building, archive, seal, begins_after)
    if start.kind == "full" and fits and bad is None:
        return fits[0]
    if whole and bad is not None:
        raise LedgerDamaged(f"segment {bad.name} does not hold")
    if bad is not None:
        begins_after = Position(epoch=bad.epoch, seq=bad.last_seq, hash=bad.last_hash)
        seal = bad.seal
    building.execute(SQL["drop_segments_up_to"], begins_after.place)
    path = _unfinished_base(places)
    _copy(source, path)
    base = Base(position=position_of(start.head), begins_after=begins_after, seal=seal, path=path)
    mark_base(base)
    return base


def _last_bad_segment(
    building: sqlite3.Connection, archive: Archive, seal: bytes, after: Position
) -> Segment | None:
    """Hold a backup's sealed files to their seals; answers the last that does not hold."""
    bad = None
    for segment in View(building).segments():
        if (segment.epoch, segment.last_seq) <= after.place:
            continue
        try:
            archive.check(segment, seal)
        except LedgerDamaged:
            bad = segment
        seal = segment.seal
    return bad


def open_epoch(
    places: Places,
    made: Made,
    cause: EpochCause,
    reason: str,
    *,
    clock: DeviceClock,
    mint_id: MintId,
    epoch: int,
) -> Position:
    """Begin the new life: another incarnation, and nobody has said yet that it may redeem.

    Answers its first entry's position.
    """
    archive = Archive(places.segments)
    with closing(open_writer(_unfinished(places))) as building:
        view = View(building, archive)
        building.execute("BEGIN IMMEDIATE")
        if view.meta(INCARNATION) is None:
            known = _incarnation_of_damaged(places) or mint_id()
            building.execute(SQL["put_meta"], (INCARNATION, known))
        head = made.head
        held = view.held().up_to(head.place)  # head office may hold more than could be saved
        building.execute(SQL["put_meta"], (ACKNOWLEDGED, str(held)))
        tip = replace(Tip.of(view), head=head)
        transaction = Transaction(building, tip, clock=clock, mint_id=mint_id, archive=archive)
        number = max(epoch, head.epoch + 1)
        transaction.open_epoch(cause, incarnation=mint_id(), reason=reason[:200], epoch=number)
        building.execute("COMMIT")
        building.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return transaction.head()


def install(places: Places, base: Base, cell: Path, *, head: Position) -> None:
    """Give the finished ledger its name, its base first; before this it does not count.

    The witness knows it from the start, so that its epoch is not given again, whatever happens.
    """
    unfinished = _unfinished(places)
    _sync(unfinished)
    for path in Places(unfinished).live[1:]:
        path.unlink(missing_ok=True)
    if base.path != places.base:
        keep_base(places, cell)
    if base.path == _unfinished_base(places):
        _sync(base.path)
        base.path.rename(places.base)
    unfinished.rename(places.database)
    witness = Witness(places.witness)
    witness.open()
    witness.saw(head)
    witness.close()
    sync_directory(places.database.parent)


def _unfinished(places: Places) -> Path:
    return places.database.with_name(f"{places.database.name}.unfinished")


def _unfinished_base(places: Places) -> Path:
    return places.base.with_name(f"{places.base.name}.unfinished")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy(source: Path, target: Path) -> None:
    """Copy a database with what its write-ahead log holds, where it still has one."""
    make_private(target)
    if source.with_name(f"{source.name}-wal").exists():
        with closing(open_reader(source)) as kept, closing(sqlite3.connect(target)) as copy:
            kept.backup(copy)
    else:
        shutil.copyfile(source, target)


@contextmanager
def _damage_named(source: Path | None) -> Iterator[None]:
    """Tell what is wrong with a backup from a disk that does not let us, and from a mistake."""
    try:
        yield
    except LedgerDamaged:
        raise  # it says so itself
    except Exception as error:
        contradicts = isinstance(error, sqlite3.IntegrityError)
        if source is not None and (contradicts or speaks_of_damage(error, source)):
            raise LedgerDamaged(f"{source}: {error}") from error
        raise


def _incarnation_of_damaged(places: Places) -> str | None:
    """Look up under which name the damaged ledger was known, where it can still say so."""
    for database in damaged_databases(places):
        with suppress(*UNREADABLE), closing(open_reader(database)) as connection:
            if (known := View(connection).meta(INCARNATION)) is not None:
                return known
    return None

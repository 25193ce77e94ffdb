"""The base: where a ledger begins that no longer keeps its oldest entries.

Entries that head office holds may leave a full disk, oldest first. The projections as they stood
where the kept entries begin are kept in their place, in a small database of their own, so that the
rest can still be replayed. A ledger without a base begins at the genesis, with nothing.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.core.entry import GENESIS, Position
from agent.ledger import projections
from agent.ledger.connection import open_reader, open_writer
from agent.ledger.errors import LedgerDamaged
from agent.ledger.places import Places
from agent.ledger.queries import SQL
from agent.ledger.view import View

__all__ = [
    "BASE_KEYS",
    "Base",
    "base_values",
    "mark_base",
    "position_of",
    "position_text",
    "read_base",
]

_GENESIS = Position(epoch=0, seq=0, hash=GENESIS)
BASE_KEYS = ("base_position", "base_begins_after", "base_seal")
"""What a database remembers that can be a base: an hourly backup, and a base itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """Where projections begin, and which entry the oldest kept one follows."""

    position: Position = _GENESIS
    begins_after: Position = _GENESIS
    seal: bytes = b""
    """The seal of the last segment that was dropped."""

    path: Path | None = None

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the hash after the entry that the oldest kept one follows, and after no other."""
        begin = self.begins_after
        return begin.hash if (epoch, seq) == begin.place else None

    def load(self, rebuilt: sqlite3.Connection) -> None:
        """Fill empty projections with those of the base, by the names that both have.

        The base may have been written by an older version, and nothing else holds what it holds.
        """
        if self.path is None:
            return
        with closing(open_reader(self.path)) as kept:
            for table in projections.TABLES:
                older, ours = _columns(kept, table), _columns(rebuilt, table)
                names = [name for name in ours if name in older]
                if names:
                    shared, marks = ", ".join(names), ", ".join("?" * len(names))
                    rows = kept.execute(f"SELECT {shared} FROM {table}")  # noqa: S608 - our own schema's names
                    rebuilt.executemany(
                        f"INSERT INTO {table} ({shared}) VALUES ({marks})",  # noqa: S608
                        rows,
                    )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in connection.execute(SQL["columns_of"], (table,))]


def read_base(database: Path) -> Base:
    """Read the base of a ledger. Raises LedgerDamaged where it is there and cannot be read."""
    path = Places(database).base
    if not path.exists():
        return Base()
    try:
        with closing(open_reader(path)) as kept:
            view = View(kept)
            return Base(
                position=position_of(view.meta("base_position") or ""),
                begins_after=position_of(view.meta("base_begins_after") or ""),
                seal=bytes.fromhex(view.meta("base_seal") or ""),
                path=path,
            )
    except (sqlite3.Error, ValueError) as error:
        raise LedgerDamaged(f"{path}: {error}") from error


def base_values(base: Base) -> tuple[tuple[str, str], ...]:
    """What a database remembers of being a base, as rows of its meta table."""
    values = (position_text(base.position), position_text(base.begins_after), base.seal.hex())
    return tuple(zip(BASE_KEYS, values, strict=True))


def mark_base(base: Base) -> None:
    """Write into a database whose projections are a base where it stands."""
    assert base.path is not None, "a base that is written has a file"  # noqa: S101
    with closing(open_writer(base.path)) as kept:
        for row in base_values(base):
            kept.execute(SQL["put_meta"], row)
        kept.execute("PRAGMA journal_mode = DELETE")


def position_text(position: Position) -> str:
    """Write a position whole, as the meta table holds it."""
    return f"{position.epoch}:{position.seq}:{position.hash.hex()}"


def position_of(text: str) -> Position:
    """Read it back. Raises ValueError."""
    epoch, seq, digest = text.split(":")
    return Position(epoch=int(epoch), seq=int(seq), hash=bytes.fromhex(digest))

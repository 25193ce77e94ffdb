"""Keep entries as they came, and read them again by place."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, insert, select, tuple_

from agent.core.entry import Entry
from agent.core.facts import ActivatePoints
from sync.hub.batch import Taken
from sync.hub.judging import ThingAt, thing_of
from sync.hub.lines import path_of
from sync.hub.registry import JournalRow, hash_at
from sync.hub.said import Said
from sync.hub.tables import entries, mentioned

__all__ = ["about", "keep", "keep_mentions", "thing_finder"]

_Row = tuple[int, int, bytes, bytes, str | None, str | None, bool]
"""Journal, seq, canonical bytes, hash, thing, account, and whether it is posted."""

_COLUMNS = (
    "journal_id",
    "seq",
    "canonical",
    "hash",
    "thing",
    "account",
    "posted",
    "received_at",
)
_COPY = SQL("COPY entries ({}) FROM STDIN (FORMAT BINARY)").format(
    SQL(", ").join(map(Identifier, _COLUMNS))
)

# Of PostgreSQL's binary COPY, all in network order.
_BEGINNING = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, and no more of a header
_ROW = struct.pack("!h", len(_COLUMNS))
_END = struct.pack("!h", -1)
_ABSENT = struct.pack("!i", -1)
_length = struct.Struct("!i").pack
_number = struct.Struct("!q").pack


def keep(c: Connection, held: JournalRow, taken: Sequence[Taken], *, now: str) -> None:
    """Append entries to a journal; what cannot be read is kept as not posted."""
    rows = (
        (held.id, each.seq, each.canonical, each.hash, *about(each.said), each.said is not None)
        for each in taken
    )
    if c.dialect.name == "postgresql":
        _copy(c, _block(rows, now))
    else:
        c.execute(insert(entries), [dict(zip(_COLUMNS, (*row, now), strict=True)) for row in rows])


def about(said: Said | None) -> tuple[str | None, str | None]:
    """Answer what an entry speaks of by its own words, and whose it is."""
    if said is None:
        return None, None
    return (said.things[0] if said.things else None), said.account


def _copy(c: Connection, block: bytes) -> None:
    driver: Any = c.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(block)


def _block(rows: Iterable[_Row], now: str) -> bytes:
    """Write rows as PostgreSQL's binary COPY has them. One block costs it a fifth less than a
    message for every few rows.
    """
    at = _field(now.encode())
    parts = [_BEGINNING]
    for journal_id, seq, canonical, link, thing, account, posted in rows:
        parts += (
            _ROW,
            _field(_number(journal_id)),
            _field(_number(seq)),
            _length(len(canonical)),
            canonical,
            _field(link),
            _ABSENT if thing is None else _field(thing.encode()),
            _ABSENT if account is None else _field(account.encode()),
            _field(b"\1" if posted else b"\0"),
            at,
        )
    return b"".join((*parts, _END))


def _field(value: bytes) -> bytes:
    return _length(len(value)) + value


def keep_mentions(c: Connection, held: JournalRow, said: Iterable[Said]) -> None:
    """Keep of activations what their lots came from."""
    rows = [
        {"journal_id": held.id, "seq": each.entry.seq, "thing": thing}
        for each in said
        if isinstance(each.entry.fact, ActivatePoints)
        for thing in each.things
    ]
    if rows:
        c.execute(insert(mentioned), rows)


def thing_finder(
    c: Connection, held: JournalRow, journals: Sequence[JournalRow], new: Sequence[Entry]
) -> ThingAt:
    """Find for new entries of a journal what the lots they speak of came from.

    A lot names an entry of its own ledger: of this journal or of one that it grew from. What stands
    at its place in another branch than that is not meant.
    """
    lots = {
        (lot.epoch, lot.seq)
        for entry in new
        if isinstance(entry.fact, ActivatePoints)
        for lot in entry.fact.lots
    }
    if not lots:
        return lambda _epoch, _seq: None
    epochs = {each.id: each.epoch for each in journals}
    places = [
        (each, seq)
        for each, last in _own_past(c, held, journals, min(epoch for epoch, _ in lots))
        for epoch, seq in sorted(lots)
        if epochs[each] == epoch and seq <= last
    ]
    rows = c.execute(
        select(entries.c.journal_id, entries.c.seq, entries.c.thing).where(
            tuple_(entries.c.journal_id, entries.c.seq).in_(places), entries.c.posted
        )
    )
    found = {(epochs[row.journal_id], row.seq): row.thing for row in rows}
    found |= {(entry.epoch, entry.seq): thing_of(entry) for entry in new}
    return lambda epoch, seq: found.get((epoch, seq))


def _own_past(
    c: Connection, held: JournalRow, journals: Sequence[JournalRow], epoch: int
) -> Iterator[tuple[int, int]]:
    """Follow a journal back to an epoch, and up to which entry each is its past; not into a branch
    that has another entry where the later life grew from.
    """
    by_id = {each.id: each for each in journals}
    later = held
    for journal_id, last in path_of(held, by_id).items():
        journal = by_id.get(journal_id)
        if journal is None:
            continue
        if journal.epoch < epoch or (journal.id != later.id and not _may_be(c, journal, later)):
            return
        yield journal_id, last
        later = journal


def _may_be(c: Connection, journal: JournalRow, later: JournalRow) -> bool:
    """Say whether a life may have grown from a journal, by as much of it as is held."""
    seq = later.parent_seq or 0
    if later.parent_hash is None or seq > journal.seq:
        return True
    return hash_at(c, journal, seq) == later.parent_hash

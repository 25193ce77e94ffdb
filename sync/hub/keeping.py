"""Keep entries as they came, and read them again by place."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, insert, select, tuple_

from agent.core.entry import Entry
from agent.core.facts import ActivatePoints
from sync.hub.examine import Taken
from sync.hub.judging import thing_of
from sync.hub.lines import path_of
from sync.hub.registry import JournalRow
from sync.hub.tables import entries, mentioned
from sync.hub.weighing import Said, ThingAt

__all__ = ["about", "keep", "keep_mentions", "thing_finder"]

_TYPES = {
    "journal_id": "int8",
    "seq": "int8",
    "canonical": "bytea",
    "hash": "bytea",
    "thing": "varchar",
    "account": "varchar",
    "posted": "bool",
    "received_at": "varchar",
}
_COPY = SQL("COPY entries ({}) FROM STDIN (FORMAT BINARY)").format(
    SQL(", ").join(map(Identifier, _TYPES))
)


def keep(c: Connection, held: JournalRow, taken: Sequence[Taken], *, now: str) -> None:
    """Append entries to a journal; what cannot be read is kept as not posted."""
    rows = [
        (
            held.id,
            each.seq,
            each.canonical,
            each.hash,
            *about(each.entry),
            each.entry is not None,
            now,
        )
        for each in taken
    ]
    if c.dialect.name == "postgresql":
        _copy(c, rows)
    else:
        c.execute(insert(entries), [dict(zip(_TYPES, row, strict=True)) for row in rows])


def about(entry: Entry | None) -> tuple[str | None, str | None]:
    """Answer what an entry speaks of, and whose it is."""
    if entry is None:
        return None, None
    return thing_of(entry), getattr(entry.fact, "account", None)


def _copy(c: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = c.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(list(_TYPES.values()))
        for row in rows:
            copy.write_row(row)


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

    A lot names an entry of its own ledger: of this journal or of one that it grew from.
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
    path = {each: last for each, last in path_of(held, journals).items() if each in epochs}
    places = [
        (each, seq)
        for each, last in path.items()
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

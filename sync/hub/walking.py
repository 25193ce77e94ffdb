"""Walking the journals that are held, entry by entry, held to their chain."""

from collections.abc import Generator, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from agent.core.entry import GENESIS, link_hash
from sync.hub.registry import JournalRow, hash_at
from sync.hub.tables import entries

__all__ = ["Unsound", "Walked", "walk", "walk_all"]

_ENTRIES = select(
    entries.c.journal_id,
    entries.c.seq,
    entries.c.canonical,
    entries.c.hash,
    entries.c.thing,
    entries.c.posted,
).order_by(entries.c.journal_id, entries.c.seq)

_AT_ONCE = {"yield_per": 1_000}

_NONE: tuple[None, Iterator[Any]] = (None, iter(()))


class Unsound(Exception):
    """A journal held by head office does not hold together; the message names the entry."""


class Walked(NamedTuple):
    """An entry as it is kept."""

    seq: int
    canonical: bytes
    thing: str | None
    posted: bool


def walk(c: Connection, held: JournalRow) -> Iterator[Walked]:
    """Walk a journal's entries, as far as they are its own. Raises Unsound."""
    its = _ENTRIES.where(entries.c.journal_id == held.id)
    with c.execute(its, execution_options=_AT_ONCE) as rows:
        yield from _follow(c, held, rows)


def walk_all(
    c: Connection, journals: Iterable[JournalRow]
) -> Generator[tuple[JournalRow, Iterator[Walked]], None, None]:
    """Walk all journals, by one statement: most are small, and each journey costs.

    ``journals`` are all there are, by their number; each is to be walked to its end before the
    next. Close it: it may end early, and the database keeps a cursor for it.
    """
    with c.execute(_ENTRIES, execution_options=_AT_ONCE) as rows:
        found = groupby(rows, key=itemgetter(0))
        number, its = next(found, _NONE)
        for held in journals:
            if held.id != number:
                yield held, _follow(c, held, ())
                continue
            yield held, _follow(c, held, its)
            number, its = next(found, _NONE)


def _follow(c: Connection, held: JournalRow, rows: Iterable[Any]) -> Iterator[Walked]:
    expected = held.first_seq - 1
    previous = (hash_at(c, held, expected) or b"") if expected else GENESIS
    for _, seq, canonical, digest, thing, posted in rows:
        expected, previous = expected + 1, link_hash(previous, canonical)
        if seq != expected or digest != previous:
            raise Unsound(
                f"journal {held.id}: entry {held.epoch}:{expected} does not follow from the one "
                "before it; restore head office from a backup"
            )
        yield Walked(seq, canonical, thing, posted)
    if (expected, previous) != (held.seq, held.hash):
        raise Unsound(f"journal {held.id}: entry {held.epoch}:{expected} is not its head")

"""Sealing: entries that head office has and that are old leave the database for sealed segments.

First the file is durable, then the database knows it, and only then do its entries leave the
journal, a few at a time so that no sale waits behind them. A power cut between two of these steps
costs nothing: what is begun is finished the next time. The newest entry always stays.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

from agent.core.entry import Position
from agent.core.instant import rfc3339
from agent.ledger.base import read_base
from agent.ledger.connection import open_reader
from agent.ledger.entries import read_kept
from agent.ledger.ledger import Ledger
from agent.ledger.segments import Segment
from agent.ledger.transaction import Transaction
from agent.ledger.view import View, journaled

__all__ = ["seal_old_entries"]

_LONGEST_SEGMENT = 10_000
_AT_ONCE = 250


async def seal_old_entries(ledger: Ledger, *, keep_days: float, alone: bool) -> list[Segment]:
    """Seal what is older than so many days; answers the segments made.

    With a head office only entries that it has acknowledged are sealed; an agent that is ``alone``
    seals by age. Age is what the entries' own stamps say: a clock that was wrong seals early or
    late, and loses nothing. Raises LedgerUnavailable or OSError; the entries stay where they are.
    """
    limit = rfc3339(ledger.now() - timedelta(days=keep_days))
    made = []
    await _finish(ledger)
    while segment := await asyncio.to_thread(_seal_next, ledger, limit, alone):
        await ledger.write(_knowing(segment))
        await _unload(ledger, segment)
        made.append(segment)
    return made


async def _finish(ledger: Ledger) -> None:
    """Let go of what an earlier run had sealed and not yet unloaded."""

    def half_done(view: View) -> list[Segment]:
        return [segment for segment in view.segments() if view.still_journaled(segment)]

    for segment in await ledger.read(half_done):
        await _unload(ledger, segment)


async def _unload(ledger: Ledger, segment: Segment) -> None:
    for first in range(segment.first_seq, segment.last_seq + 1, _AT_ONCE):
        await ledger.write(_unloading(segment, first + _AT_ONCE - 1))


def _knowing(segment: Segment) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.add_segment(segment)


def _unloading(segment: Segment, up_to_seq: int) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.unload(segment, up_to_seq=up_to_seq)


def _seal_next(ledger: Ledger, limit: str, alone: bool) -> Segment | None:
    """Write the next segment, where there is one; touches nothing but its own file."""
    with closing(open_reader(ledger.path)) as connection:
        view = View(connection, ledger.archive)
        known = view.segments()
        last_place = (2**62, 0) if alone else view.acknowledged()
        head = view.head()
        after = (known[-1].epoch, known[-1].last_seq) if known else (0, 0)
        base = read_base(ledger.path)
        begin = base.begins_after
        after = max(after, (begin.epoch, begin.seq))
        run = list(_old_run(journaled(connection, after=after), limit, last_place, head))
        if not run:
            return None
        first = run[0][0]
        prev_hash = view.hash_at(first.epoch, first.seq - 1)
        if (first.epoch, first.seq - 1) == (begin.epoch, begin.seq):
            prev_hash = begin.hash  # that entry itself is no longer kept
    assert prev_hash is not None, "the oldest entry follows a sealed one or the base"  # noqa: S101
    prev_seal = known[-1].seal if known else base.seal
    return ledger.archive.seal(run, prev_hash=prev_hash, prev_seal=prev_seal)


def _old_run(
    entries: Iterator[tuple[Position, bytes]],
    limit: str,
    last_place: tuple[int, int],
    head: Position,
) -> Iterator[tuple[Position, bytes]]:
    """Take the oldest entries of one epoch as long as they are old and may go."""
    epoch = None
    for count, (position, canonical) in enumerate(entries):
        place = (position.epoch, position.seq)
        epoch = position.epoch if epoch is None else epoch
        if count == _LONGEST_SEGMENT or position.epoch != epoch or position == head:
            return
        if place > last_place or read_kept(*place, canonical).recorded_at >= limit:
            return
        yield position, canonical

"""Sealing: entries that head office has and that are old leave the database for sealed segments.

First the file is durable, then the database knows it, and only then do its entries leave the
journal, a few at a time so that no sale waits behind them. A power cut between two of these steps
costs nothing: what is begun is finished the next time. The newest entry always stays. The room that
the others took goes back to the disk, so that neither the database nor its backups carry it along.
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

__all__ = ["give_pages_back", "seal_old_entries"]

_LONGEST_SEGMENT = 10_000
_AT_ONCE = 250


async def seal_old_entries(ledger: Ledger, *, keep_days: float, alone: bool) -> list[Segment]:
    """Seal what is older than so many days; answers the segments made.

    With a head office only entries that it has acknowledged are sealed; an agent that is ``alone``
    seals by age. Age is what the entries' own stamps say, and an entry is at least as old as any
    later one: one of a time to come is sealed with what came after it. Raises LedgerUnavailable or
    OSError; the entries stay where they are.
    """
    now = ledger.now()
    young = (rfc3339(now - timedelta(days=keep_days)), rfc3339(now))
    made = []
    await _finish(ledger)
    while segment := await asyncio.to_thread(_seal_next, ledger, young, alone):
        await ledger.write(_knowing(segment))
        await _unload(ledger, segment)
        made.append(segment)
    await give_pages_back(ledger)
    return made


async def give_pages_back(ledger: Ledger) -> None:
    """Let the database shrink by its free pages, a few at a time. Raises LedgerUnavailable."""

    def give_back(transaction: Transaction) -> int:
        return transaction.give_pages_back(at_most=_AT_ONCE)

    left = await ledger.write(give_back)
    while left:
        before, left = left, await ledger.write(give_back)
        if left >= before:  # an older version made it, and there was no room to write it anew
            return


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


def _seal_next(ledger: Ledger, young: tuple[str, str], alone: bool) -> Segment | None:
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
        before_head = (head.epoch, head.seq - 1)
        run = _old_run(journaled(connection, after=after), young, min(last_place, before_head))
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
    entries: Iterator[tuple[Position, bytes]], young: tuple[str, str], last_place: tuple[int, int]
) -> list[tuple[Position, bytes]]:
    """Take the oldest entries of one epoch as long as they are old and may go.

    ``young`` is from when to when. A stamp of a time to come says nothing of itself: a clock was
    wrong. The next stamp that can be believed decides, also where it may not go itself.
    """
    run = list[tuple[Position, bytes]]()
    old, first, now = 0, *young
    for position, canonical in entries:
        recorded_at = read_kept(position.epoch, position.seq, canonical).recorded_at
        if first <= recorded_at <= now:
            break
        goes = (
            len(run) < _LONGEST_SEGMENT
            and position.place <= last_place
            and (not run or position.epoch == run[0][0].epoch)
        )
        if goes:
            run.append((position, canonical))
        if recorded_at < first:
            old = len(run)
        if not goes and old == len(run):
            break
    return run[:old]

"""Reading a ledger from its first kept entry to its newest, sealed or not."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec

from agent.core.entry import Entry, Position
from agent.ledger.base import read_base
from agent.ledger.entries import read_kept
from agent.ledger.errors import LedgerDamaged
from agent.ledger.migrations import open_known
from agent.ledger.places import Places
from agent.ledger.replay import Progress
from agent.ledger.segments import Archive
from agent.ledger.view import View, journaled, refuse

__all__ = ["history_of", "walk"]

_Unreadable = Callable[[LedgerDamaged], None]
"""Told what is left out, where the rest is read all the same."""


def walk(
    path: Path, *, progress: Progress, unreadable: _Unreadable = refuse
) -> Iterator[tuple[Position, bytes]]:
    """Yield every entry's position and canonical bytes, oldest first. The agent may be running.

    Ends with the entry that was the newest when it began, and holds no state of the ledger: whoever
    reads on tomorrow keeps no log from being trimmed. Raises LedgerDamaged for a segment that does
    not hold and for entries that are missing between others, or tells ``unreadable`` and goes on;
    raises LedgerNewer or LedgerUnavailable for a ledger of another version.
    """
    begins = read_base(path).begins_after
    with closing(open_known(path)) as connection:
        view = View(connection)
        head, total = view.head(), view.count()
        before: Position | None = None

        def skip(error: LedgerDamaged) -> None:
            nonlocal before
            before = None  # what is missing now is said
            unreadable(error)

        entries = journaled(
            connection, Archive(Places(path).segments), after=begins.place, unreadable=skip
        )
        for done, (position, canonical) in enumerate(entries, start=1):
            if position.place > head.place:
                return
            if before is not None and not _is_next(before, position):
                unreadable(LedgerDamaged(_missing(before, position)))
            before = position
            yield position, canonical
            progress(min(done, total), total)


def _is_next(before: Position, position: Position) -> bool:
    return position.seq == (before.seq + 1 if position.epoch == before.epoch else 1)


def _missing(before: Position, position: Position) -> str:
    return (
        f"entry {position.epoch}:{position.seq}: comes after {before.epoch}:{before.seq}; "
        "what stood between them is missing, or was dropped just now to keep the disk budget"
    )


def history_of(
    path: Path,
    name: str,
    *,
    by: Literal["account", "sale_id"] = "account",
    progress: Progress,
    unreadable: _Unreadable = refuse,
) -> Iterator[tuple[Position, Entry]]:
    """Yield the entries that speak of an account or a sale, oldest first; raises as ``walk`` does.

    Reads the whole ledger: bytes that do not hold the name are not even parsed.
    """
    named = msgspec.json.encode(name)
    for position, canonical in walk(path, progress=progress, unreadable=unreadable):
        if named not in canonical:
            continue
        try:
            entry = read_kept(*position.place, canonical)
        except LedgerDamaged as error:
            unreadable(error)
            continue
        if getattr(entry.fact, by, None) == name:
            yield position, entry

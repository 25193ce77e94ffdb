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

__all__ = ["Asked", "history_of", "walk"]

Asked = Literal["account", "sale_id", "redemption_id"]
"""What an entry may speak of, as its fact calls it."""

_Unreadable = Callable[[LedgerDamaged], None]
"""Told what is left out, where the rest is read all the same."""


def walk(
    path: Path,
    *,
    after: tuple[int, int] = (0, 0),
    progress: Progress,
    unreadable: _Unreadable = refuse,
) -> Iterator[tuple[Position, bytes]]:
    """Yield every entry's position and canonical bytes, oldest first. The agent may be running.

    ``after`` is the (epoch, seq) behind which it begins.

    Ends with the entry that was the newest when it began, and holds no state of the ledger: whoever
    reads on tomorrow keeps no log from being trimmed. Raises LedgerDamaged for a segment that does
    not hold and for entries that are missing between others, or tells ``unreadable`` and goes on;
    raises LedgerNewer or LedgerUnavailable for a ledger of another version.
    """
    begins = read_base(path).begins_after
    with closing(open_known(path)) as connection:
        view = View(connection)
        head, total = view.head(), view.count()
        after = max(begins.place, after)
        if after[0] == head.epoch:
            total = min(total, head.seq - after[1])
        before: Position | None = None

        def skip(error: LedgerDamaged) -> None:
            nonlocal before
            before = None  # what is missing now is said
            unreadable(error)

        entries = journaled(
            connection, Archive(Places(path).segments), after=after, unreadable=skip
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
    by: Asked = "account",
    progress: Progress,
    unreadable: _Unreadable = refuse,
) -> Iterator[tuple[Position, Entry]]:
    """Yield the entries that speak of an account, a sale or a redemption, oldest first.

    A sale's redemptions are told with it, and a member's entries under accounts that were merged
    since. Reads the whole ledger, of a sale without redemptions
    from its entry on: bytes that do not hold the name are not even parsed. Raises as ``walk`` does.
    """
    names, redemptions, after = _beginning(path, name, by)
    named = [msgspec.json.encode(each) for each in names | redemptions]
    for position, canonical in walk(path, after=after, progress=progress, unreadable=unreadable):
        if not any(each in canonical for each in named):
            continue
        try:
            entry = read_kept(*position.place, canonical)
        except LedgerDamaged as error:
            unreadable(error)
            continue
        fact = entry.fact
        if getattr(fact, by, None) in names or getattr(fact, "redemption_id", None) in redemptions:
            yield position, entry


def _beginning(
    path: Path, name: str, by: Asked
) -> tuple[frozenset[str], frozenset[str], tuple[int, int]]:
    """Answer all names of what was asked for, a sale's redemptions, and the place behind which the
    entries begin that are told.

    A redemption may have been held and given back before its newest hold, which is the one that is
    known: so where there is one, the whole ledger is read.
    """
    names = frozenset({name})
    with closing(open_known(path)) as connection:
        if by == "account":
            return names.union(View(connection).family(name)), frozenset(), (0, 0)
        if by == "redemption_id":
            return names, frozenset(), (0, 0)
        places = View(connection).places_of_sale(name)
    redemptions = frozenset(redemption for redemption, _, _ in places if redemption is not None)
    if redemptions or not places:
        return names, redemptions, (0, 0)
    ((_, epoch, seq),) = places
    return names, redemptions, (epoch, seq - 1)

"""Judge a batch against what is held already. Pure: positions and bytes in, a verdict out.

The chain decides alone what belongs to a journal. An entry that follows and cannot be read, because
a newer version wrote it or nobody could have, is taken as it is: refusing it would keep back all
that comes after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from agent.core.entry import Entry, MalformedEntry, Position, link_hash
from agent.core.sale_form import check_sale
from sync.messages import Journal

__all__ = [
    "NUL",
    "Accepted",
    "Contradicts",
    "Gap",
    "Read",
    "Taken",
    "Verdict",
    "examine",
    "read_entry",
]


class Taken(Struct, frozen=True, kw_only=True):
    """An entry that follows from what is held; ``entry`` is None where it cannot be read."""

    seq: int
    canonical: bytes
    hash: bytes
    entry: Entry | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """These entries follow from what is held; empty where all were known already."""

    entries: tuple[Taken, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A batch before this one was lost; the device will send it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradicts:
    """The batch cannot belong to the journal that is held; ``seq`` is where that shows."""

    seq: int
    reason: Literal["fork", "malformed"]


NUL = b"\\u0000"
"""How JSON writes the one character that PostgreSQL keeps in no text."""

Verdict = Accepted | Gap | Contradicts

Read = Callable[[bytes, int, int], Entry | None]
"""Reads the entry that stands at an epoch and seq, as :func:`read_entry` does."""


def examine(
    held: Position,
    hash_at: Callable[[int], bytes | None],
    header: Journal,
    lines: tuple[bytes, ...],
    read: Read | None = None,
) -> Verdict:
    """Judge ``lines`` under ``header`` against ``held``, the newest entry held of that journal.

    ``hash_at`` answers the hash held for an entry, the genesis hash for 0, None where none is held.
    It is asked twice at most: before the batch, and where the batch and what is held part.
    ``read`` knows entries that were read before.
    """
    if header.first_seq > held.seq + 1:
        return Gap()
    previous = hash_at(header.first_seq - 1)
    if previous is None or header.prev_hash != previous.hex():
        return Contradicts(seq=header.first_seq - 1, reason="fork")
    last_common = min(held.seq, header.first_seq + len(lines) - 1)
    new: list[tuple[int, bytes, bytes]] = []
    for seq, canonical in enumerate(lines, start=header.first_seq):
        previous = link_hash(previous, canonical)
        # The chain binds all before it, so comparing the last common entry compares them all.
        if seq == last_common and previous != hash_at(seq):
            return Contradicts(seq=seq, reason="fork")
        if seq > held.seq:
            new.append((seq, canonical, previous))
    if previous.hex() != header.last_hash:
        return Contradicts(seq=header.first_seq, reason="malformed")
    epoch, read = held.epoch, read or read_entry
    return Accepted(
        entries=tuple(
            Taken(seq=seq, canonical=canonical, hash=link, entry=read(canonical, epoch, seq))
            for seq, canonical, link in new
        )
    )


def read_entry(canonical: bytes, epoch: int, seq: int) -> Entry | None:
    """Read an entry of unknown origin; None where it is not one of this place in this form, or has
    a character that no database keeps in a text.
    """
    if NUL in canonical:
        return None
    try:
        entry = Entry.parse(canonical)
        check_sale(entry)
    except MalformedEntry:
        return None
    return entry if (entry.epoch, entry.seq) == (epoch, seq) else None

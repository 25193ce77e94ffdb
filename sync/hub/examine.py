"""Judge a batch against what is held already. Pure: positions and bytes in, a verdict out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.core.entry import Entry, MalformedEntry, Position, Recorded, link_hash
from sync.messages import Journal

__all__ = ["Accepted", "Contradicts", "Gap", "Verdict", "examine"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """These entries follow from what is held; empty where all were known already."""

    entries: tuple[Recorded, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A batch before this one was lost; the device will send it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradicts:
    """The batch cannot belong to the journal that is held; ``seq`` is where that shows."""

    seq: int
    reason: Literal["fork", "malformed"]


Verdict = Accepted | Gap | Contradicts


def examine(
    held: Position,
    hash_at: Callable[[int], bytes | None],
    header: Journal,
    lines: tuple[bytes, ...],
) -> Verdict:
    """Judge ``lines`` under ``header`` against ``held``, the newest entry held of that journal.

    ``hash_at`` answers the hash held for an entry, the genesis hash for 0, None where none is held.
    It is asked twice at most: before the batch, and where the batch and what is held part.
    """
    if header.first_seq > held.seq + 1:
        return Gap()
    previous = hash_at(header.first_seq - 1)
    if previous is None or header.prev_hash != previous.hex():
        return Contradicts(seq=header.first_seq - 1, reason="fork")
    last_common = min(held.seq, header.first_seq + len(lines) - 1)
    entries: list[Recorded] = []
    for seq, canonical in enumerate(lines, start=header.first_seq):
        try:
            entry = Entry.parse(canonical)
            entry.check_sale()
        except MalformedEntry:
            return Contradicts(seq=seq, reason="malformed")
        if (entry.epoch, entry.seq) != (header.epoch, seq):
            return Contradicts(seq=seq, reason="malformed")
        previous = link_hash(previous, canonical)
        # The chain binds all before it, so comparing the last common entry compares them all.
        if seq == last_common and previous != hash_at(seq):
            return Contradicts(seq=seq, reason="fork")
        if seq > held.seq:
            entries.append(Recorded(entry=entry, canonical=canonical, hash=previous))
    if previous.hex() != header.last_hash:
        return Contradicts(seq=header.first_seq, reason="malformed")
    return Accepted(entries=tuple(entries))

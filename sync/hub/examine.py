"""Judge a batch against what is held already. Pure: positions and bytes in, a verdict out."""

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
    held: Position, hash_before: bytes | None, header: Journal, lines: tuple[bytes, ...]
) -> Verdict:
    """Judge ``lines`` under ``header`` against ``held``, the newest entry held of that journal.

    ``hash_before`` is the hash held for the entry before the batch, None where it is not held.
    """
    if header.first_seq > held.seq + 1:
        return Gap()
    if hash_before is None or header.prev_hash != hash_before.hex():
        return Contradicts(seq=header.first_seq - 1, reason="fork")
    entries: list[Recorded] = []
    previous = hash_before
    for seq, canonical in enumerate(lines, start=header.first_seq):
        try:
            entry = Entry.parse(canonical)
        except MalformedEntry:
            return Contradicts(seq=seq, reason="malformed")
        if (entry.epoch, entry.seq) != (header.epoch, seq):
            return Contradicts(seq=seq, reason="malformed")
        previous = link_hash(previous, canonical)
        if seq == held.seq and previous != held.hash:
            return Contradicts(seq=seq, reason="fork")
        if seq > held.seq:
            entries.append(Recorded(entry=entry, canonical=canonical, hash=previous))
    if previous.hex() != header.last_hash:
        return Contradicts(seq=header.first_seq, reason="malformed")
    return Accepted(entries=tuple(entries))

"""Judge a batch against what is held already. Pure: positions and bytes in, a verdict out.

The chain decides alone what belongs to a journal. An entry that follows and cannot be read, because
a newer version wrote it or nobody could have, is taken as it is: refusing it would keep back all
that comes after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.core.entry import Position
from sync.hub.batch import Batch, Taken

__all__ = ["Accepted", "Contradicts", "Gap", "Verdict", "examine"]


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


Verdict = Accepted | Gap | Contradicts


def examine(held: Position, hash_at: Callable[[int], bytes | None], batch: Batch) -> Verdict:
    """Judge a batch against ``held``, the newest entry held of that journal.

    ``hash_at`` answers the hash held for an entry, the genesis hash for 0, None where none is held.
    It is asked twice at most: before the batch, and where the batch and what is held part.
    """
    header = batch.header
    if header.first_seq > held.seq + 1:
        return Gap()
    previous = hash_at(header.first_seq - 1)
    if previous is None or header.prev_hash != previous.hex():
        return Contradicts(seq=header.first_seq - 1, reason="fork")
    last_common = min(held.seq, batch.last_seq)
    # The chain binds all before it, so comparing the last common entry compares them all.
    if last_common >= header.first_seq and batch.link(last_common) != hash_at(last_common):
        return Contradicts(seq=last_common, reason="fork")
    if batch.link(batch.last_seq).hex() != header.last_hash:
        return Contradicts(seq=header.first_seq, reason="malformed")
    return Accepted(entries=batch.after(held.seq))

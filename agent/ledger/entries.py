"""Reading kept entries: what cannot be read is damaged, or was written by a newer version.

The hash tells the two apart. Bytes that changed do not follow from the entry before them; bytes
that do follow are what somebody wrote, and who cannot read them knows too little.
"""

from agent.core.entry import GENESIS, Entry, MalformedEntry, Position, link_hash
from agent.ledger.errors import LedgerDamaged, LedgerNewer

__all__ = ["follows", "read_following", "read_kept"]


def follows(position: Position, canonical: bytes, before: bytes) -> bool:
    """Say whether an entry stands in the chain after one of hash ``before``, or begins an epoch."""
    previous = GENESIS if position.seq == 1 else before
    return position.hash == link_hash(previous, canonical)


def read_following(position: Position, canonical: bytes) -> Entry:
    """Read an entry whose hash is known to follow. Raises LedgerNewer."""
    try:
        return Entry.read(canonical)
    except MalformedEntry as error:
        raise LedgerNewer(
            f"entry {position.epoch}:{position.seq} is whole, but this tapledger cannot read it "
            f"({error}); install the version that wrote it or a later one"
        ) from error


def read_kept(epoch: int, seq: int, canonical: bytes) -> Entry:
    """Read an entry whose hash nobody looked at. Raises LedgerDamaged naming it."""
    try:
        return Entry.read(canonical)
    except MalformedEntry as error:
        raise LedgerDamaged(f"entry {epoch}:{seq}: {error}") from error

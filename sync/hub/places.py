"""Places in journals: whether an entry is held, on which branch, and on whose way it lies."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from agent.core.entry import GENESIS, Position
from sync.hub.registry import JournalRow
from sync.hub.tables import entries
from sync.messages import Held, Hello, Tail

__all__ = ["is_held", "is_on_the_way", "what_is_held"]


def is_held(c: Connection, branches: Sequence[JournalRow], seq: int, hash_hex: str) -> bool:
    """Say whether an entry of this hash is held on one of the branches.

    The chain binds all before it, so all of it is held then as the device has it.
    """
    if seq == 0:
        return hash_hex == GENESIS.hex()
    if not branches:
        return False
    found = c.execute(
        select(entries.c.seq).where(
            entries.c.journal_id.in_([each.id for each in branches]),
            entries.c.seq == seq,
            entries.c.hash == bytes.fromhex(hash_hex),
        )
    )
    return found.first() is not None


def what_is_held(c: Connection, branches: Sequence[JournalRow], tail: Tail) -> Held:
    """Answer how far an older epoch is held as its device has it.

    All of it, where its newest entry is held. Else the newest place of the branch that comes
    nearest: the device compares its hash, and sends that epoch from its beginning where it differs.
    """
    if is_held(c, branches, tail.head_seq, tail.head_hash):
        return _at(tail, tail.head_seq, bytes.fromhex(tail.head_hash))
    shorter = [each for each in branches if each.seq < tail.head_seq]
    nearest = max(shorter, key=lambda each: each.seq, default=None)
    return _at(tail, 0, GENESIS) if nearest is None else _at(tail, nearest.seq, nearest.hash)


def is_on_the_way(
    c: Connection, live: JournalRow, held: Sequence[JournalRow], hello: Hello
) -> bool:
    """Say whether the live epoch went through the place where a HELLO stands."""
    by_id = {each.id: each for each in held}
    child, seen = live, {live.id}
    while child.parent_id in by_id and child.parent_id not in seen:
        parent = by_id[child.parent_id]
        seen.add(parent.id)
        is_named = (parent.incarnation, parent.epoch) == (hello.incarnation, hello.epoch)
        is_before = hello.head_seq <= (child.parent_seq or 0)
        if is_named and is_before and is_held(c, [parent], hello.head_seq, hello.head_hash):
            return True
        child = parent
    return False


def _at(tail: Tail, seq: int, entry_hash: bytes) -> Held:
    place = Position(epoch=tail.epoch, seq=seq, hash=entry_hash)
    return Held.of(tail.incarnation, place)

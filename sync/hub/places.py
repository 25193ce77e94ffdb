"""Places in journals: whether an entry is held, on which branch, and what follows it."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from agent.core.entry import GENESIS, Position
from sync.hub.lines import path_of
from sync.hub.registry import JournalRow
from sync.hub.tables import entries
from sync.messages import MOST_TAILS, Held, Hello, Tail

__all__ = ["is_followed", "is_held", "is_missing_what_was_told", "what_is_held"]


def is_held(c: Connection, branches: Sequence[JournalRow], seq: int, hash_hex: str) -> bool:
    """Say whether an entry of this hash is held on one of the branches.

    The chain binds all before it, so all of it is held then as the device has it.
    """
    if seq == 0:
        return hash_hex == GENESIS.hex()
    wanted = bytes.fromhex(hash_hex)
    # Mostly it is the newest entry that is asked for, or one that has not come yet.
    if any((each.seq, each.hash) == (seq, wanted) for each in branches):
        return True
    longer = [each.id for each in branches if each.seq > seq]
    if not longer:
        return False
    found = c.execute(
        select(entries.c.seq).where(
            entries.c.journal_id.in_(longer), entries.c.seq == seq, entries.c.hash == wanted
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


def is_followed(c: Connection, held: Sequence[JournalRow], hello: Hello) -> bool:
    """Say whether entries are held that follow the place where a HELLO stands: later ones of that
    epoch, or another life that grew from there.
    """
    seq = hello.head_seq
    named = [each for each in held if (each.incarnation, each.epoch) == _life_of(hello)]
    through = {each.id for each in named if is_held(c, [each], seq, hello.head_hash)}
    return any(
        (each.id in through and each.seq > seq)
        or (each.parent_id in through and _grew_from(each, seq, hello.head_hash))
        for each in held
    )


def is_missing_what_was_told(
    c: Connection, held: Sequence[JournalRow], branches: Sequence[JournalRow], hello: Hello
) -> bool:
    """Say whether less is held of an older epoch than the one that a HELLO names grew from, though
    the device does not say that it has any of it left to send: it was told that all is held.

    ``branches`` are of the named epoch. Of a branch on which nothing is held that the device names
    nothing is known: it may be another box's.
    """
    offered = {(each.incarnation, each.epoch) for each in hello.tails}
    by_id = {each.id: each for each in held}
    names = [(hello.head_seq, hello.head_hash)]
    if hello.acknowledged is not None and hello.acknowledged.epoch == hello.epoch:
        names.append((hello.acknowledged.seq, hello.acknowledged.hash))
    for branch in branches:
        past = [(by_id[each], last) for each, last in path_of(branch, by_id).items()][1:]
        is_told = any(
            older.seq < last
            and (older.incarnation, older.epoch) not in offered
            and older.epoch not in hello.left_out
            for older, last in past
        )
        if is_told and any(seq and is_held(c, [branch], seq, of_it) for seq, of_it in names):
            return len(hello.left_out) < MOST_TAILS  # else some may have found no room
    return False


def _life_of(hello: Hello) -> tuple[str, int]:
    return hello.incarnation, hello.epoch


def _at(tail: Tail, seq: int, entry_hash: bytes) -> Held:
    place = Position(epoch=tail.epoch, seq=seq, hash=entry_hash)
    return Held.of(tail.incarnation, place)


def _grew_from(life: JournalRow, seq: int, hash_hex: str) -> bool:
    """Say whether a life grew from this very entry: not from another device's at that place."""
    if life.parent_seq != seq or life.seq < life.first_seq:
        return False
    return life.parent_hash is None or life.parent_hash.hex() == hash_hex

"""What a device says of itself: HELLO, and the retained birth."""

from collections.abc import Collection, Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.core.entry import Epoch
from sync.messages import MOST_TAILS, DeviceAddress, FeedPlace, Held, Hello, Presence, Tail
from sync.signing import key_text, signed_hello
from sync.uplink.protocols import JournalSource, Standing

__all__ = ["make_hello", "make_presence"]

_LONGEST_REASON = 200


async def make_hello(
    address: DeviceAddress,
    journal: JournalSource,
    key: Ed25519PrivateKey,
    *,
    nonce: str,
    challenge: str | None,
    heard: tuple[int, int, str | None],
    version: str,
    stranded: Collection[int] = (),
) -> Hello | None:
    """Say where the journal stands; None while that cannot be said, as it is being made anew. What
    was ``heard`` is head office's generation, and up to where its feed was, in which run. Old
    epochs that are ``stranded`` are not offered: nothing of them could be sent.
    """
    # All of this is in memory and of one moment: what is awaited below changes none of it.
    head, incarnation, opened = journal.head, journal.incarnation, journal.opened
    frozen, lives = journal.frozen, journal.epochs
    if await journal.hash_at(head.epoch, head.seq) != head.hash:
        return None
    older = [each for each in lives.tails if each.number != head.epoch]
    tails = await _tails(journal, [each for each in older if each.number not in stranded])
    offered = {each.epoch for each in tails}
    left_out = {*lives.dropped, *(each.number for each in older)} - offered
    hello = Hello(
        incarnation=incarnation,
        nonce=nonce,
        challenge=challenge,
        epoch=head.epoch,
        opened=opened,
        head_seq=head.seq,
        head_hash=head.hash.hex(),
        frozen=None if frozen is None else frozen[:_LONGEST_REASON],
        generation=heard[0],
        acknowledged=await _acknowledged(journal, incarnation, head.epoch, head.seq),
        tails=tails,
        left_out=tuple(sorted(left_out)[:MOST_TAILS]),
        key=key_text(key),
        version=version,
        feed=_place(*heard[1:]),
    )
    return signed_hello(key, address.topic("hello"), hello)


def _place(cursor: int, run: str | None) -> FeedPlace | None:
    return None if run is None else FeedPlace(cursor=cursor, run=run)


async def _tails(journal: JournalSource, lives: Iterable[Epoch]) -> tuple[Tail, ...]:
    tails: list[Tail] = []
    for life in lives:
        tail_hash = await journal.hash_at(life.number, life.head_seq)
        if tail_hash is not None and len(tails) < MOST_TAILS:
            tails.append(_tail(life, tail_hash))
    return tuple(tails)


def _tail(life: Epoch, tail_hash: bytes) -> Tail:
    return Tail(
        incarnation=life.incarnation,
        epoch=life.number,
        head_seq=life.head_seq,
        head_hash=tail_hash.hex(),
    )


async def _acknowledged(
    journal: JournalSource, incarnation: str, epoch: int, head_seq: int
) -> Held | None:
    """Name the newest acknowledgement of the present epoch, where its entry is still here."""
    seq = min(journal.epochs.held_of(epoch), head_seq)
    entry_hash = await journal.hash_at(epoch, seq) if seq else None
    if entry_hash is None:
        return None
    return Held(incarnation=incarnation, epoch=epoch, seq=seq, hash=entry_hash.hex())


def make_presence(
    journal: JournalSource, standing: Standing, *, version: str, life: str
) -> Presence:
    """Say how the device is."""
    head = journal.head
    return Presence(
        online=True,
        epoch=head.epoch,
        head_seq=head.seq,
        acknowledged_seq=min(journal.epochs.held_of(head.epoch), head.seq),
        lag=journal.epochs.unacknowledged,
        lease_exposure=standing.exposure_points,
        floor_left=standing.floor_left,
        clock=standing.clock,
        version=version,
        life=life,
    )

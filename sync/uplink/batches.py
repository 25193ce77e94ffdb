"""Batches: as many entries of one epoch as one payload holds, signed."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.core.entry import GENESIS, chain
from sync.messages import (
    MAX_PAYLOAD_BYTES,
    MOST_ENTRIES,
    DeviceAddress,
    Journal,
    encode_journal,
)
from sync.signing import signed_batch
from sync.uplink.protocols import JournalSource

__all__ = ["Batch", "Batches", "Stranded"]


class Stranded(Exception):
    """Entries cannot be sent: those they follow are not here any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """A batch that is ready to go."""

    epoch: int
    last_seq: int
    last_hash: bytes
    payload: bytes


class Batches:
    """Reads the journal on, epoch by epoch, and remembers the hash that the next batch follows."""

    def __init__(
        self, address: DeviceAddress, journal: JournalSource, key: Ed25519PrivateKey
    ) -> None:
        self._topic = address.topic("journal")
        self._journal = journal
        self._key = key
        self._sent: dict[int, tuple[int, bytes]] = {}

    def forget(self) -> None:
        """A new session begins: where each epoch goes on is looked up again."""
        self._sent.clear()

    async def after(self, epoch: int, seq: int) -> Batch | None:
        """Make the batch that follows an entry; None where there is nothing to send now.

        Raises Stranded where what is here does not follow that entry.
        """
        life = self._journal.epochs.epoch(epoch)
        known_seq, previous = self._sent.get(epoch, (-1, None))
        is_first = known_seq != seq
        if is_first:
            previous = await self._journal.hash_at(epoch, seq)
        left = life.head_seq - seq
        entries = tuple(
            await self._journal.read_after((epoch, seq), at_most=min(left, MOST_ENTRIES))
        )
        if not entries:
            return None
        batch = self._pack(life.incarnation, epoch, seq, previous or GENESIS, entries)
        if is_first and not await self._follows(batch):
            if await self._journal.hash_at(epoch, life.head_seq) is None:
                return None  # the ledger is being made anew: a later turn sees it
            raise Stranded
        return batch

    def went(self, batch: Batch) -> None:
        """Note that a batch is under way."""
        self._sent[batch.epoch] = (batch.last_seq, batch.last_hash)

    async def _follows(self, batch: Batch) -> bool:
        """Say whether the chain comes out where the journal says; else entries are missing."""
        return await self._journal.hash_at(batch.epoch, batch.last_seq) == batch.last_hash

    def _pack(
        self, incarnation: str, epoch: int, seq: int, previous: bytes, entries: tuple[bytes, ...]
    ) -> Batch:
        """Encode as many entries as one payload holds; a single entry always goes."""
        while True:
            last_hash = chain(previous, entries)
            header = Journal(
                incarnation=incarnation,
                epoch=epoch,
                first_seq=seq + 1,
                prev_hash=previous.hex(),
                last_hash=last_hash.hex(),
            )
            payload = encode_journal(signed_batch(self._key, self._topic, header), entries)
            if len(payload) <= MAX_PAYLOAD_BYTES or len(entries) == 1:
                return Batch(
                    epoch=epoch,
                    last_seq=seq + len(entries),
                    last_hash=last_hash,
                    payload=payload,
                )
            entries = entries[: len(entries) // 2]

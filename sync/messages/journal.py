"""The journal on the wire: signed batches up, cumulative acknowledgements down.

A batch is deflated lines: a JSON header, then one line per entry, each the canonical bytes that the
device hashed, so that nobody re-encodes them.
"""

from typing import Annotated, Self

from pydantic import Field

from agent.core.entry import Position
from agent.core.values import Value
from sync.messages.address import EpochNumber, HashHex, Name, Seq
from sync.messages.coding import (
    SCHEMA,
    SchemaVersion,
    Told,
    decode_line,
    deflate_lines,
    encode,
    inflate_lines,
)
from sync.messages.greeting import SignatureText

__all__ = ["MOST_BATCHES", "MOST_ENTRIES", "Ack", "Journal", "decode_journal", "encode_journal"]

MOST_BATCHES = 16
"""Unacknowledged batches one device may have under way."""

MOST_ENTRIES = 200
"""Entries of a batch; real sales deflate to some 30 KiB then, half of what a payload may hold. Each
costs head office some time, whatever it is, and so no batch has more.
"""


class Journal(Value):
    """Header of a batch: the entries on the lines below follow from ``prev_hash``, in order.

    The chain binds the entries to ``last_hash``, so that ``signature``, which is of
    :func:`sync.signing.batch_bytes`, binds all of them.
    """

    schema_version: SchemaVersion = SCHEMA
    incarnation: Name
    epoch: EpochNumber
    first_seq: Annotated[Seq, Field(ge=1)]
    prev_hash: HashHex
    last_hash: HashHex
    signature: SignatureText | None = None

    def with_signature(self, signature: str) -> Self:
        """Put a signature in."""
        return self.model_copy(update={"signature": signature})


class Ack(Told):
    """Head office to device, after its commit: I hold everything of this epoch up to here.

    ``fenced`` says that head office has ended this epoch, or doubts it. A device that still lives
    in it greets anew; of an older epoch it says nothing new. ``again`` says that the batch which it
    answers did not follow: one before it was lost, or was overtaken by it.
    """

    incarnation: Name
    epoch: EpochNumber
    seq: Seq
    hash: HashHex
    fenced: bool = False
    again: bool = False

    @classmethod
    def of(
        cls,
        incarnation: str,
        position: Position,
        *,
        fenced: bool = False,
        again: bool = False,
    ) -> Self:
        """Acknowledge a position."""
        return cls(
            incarnation=incarnation,
            epoch=position.epoch,
            seq=position.seq,
            hash=position.hash.hex(),
            fenced=fenced,
            again=again,
        )

    @property
    def position(self) -> Position:
        """The place as journals name it."""
        return Position(epoch=self.epoch, seq=self.seq, hash=bytes.fromhex(self.hash))


def encode_journal(header: Journal, entries: tuple[bytes, ...]) -> bytes:
    """Encode a batch."""
    return deflate_lines((encode(header), *entries))


def decode_journal(payload: bytes) -> tuple[Journal, tuple[bytes, ...]]:
    """Decode a batch; never inflates to more than 4 MiB. Raises MalformedMessage."""
    head, *entries = inflate_lines(payload, at_most=1 + MOST_ENTRIES)
    return decode_line(head, Journal), tuple(entries)

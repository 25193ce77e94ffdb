"""Entries: immutable facts in the hash-chained journal of one device.

An entry is a stamp (where it stands, when it was written) and a fact (what happened). Its canonical
bytes are compact JSON in UTF-8, keys in the order of the classes below, absent values left out.
Those bytes are what is hashed, stored, sent and stored again; nobody re-encodes them on the way.

``hash_i = SHA256(0x00 || hash_{i-1} || canonical bytes_i)``, and a journal starts from 32 zero
bytes. The leading zero keeps an entry's hash apart from any other use of SHA-256 (RFC 6962, 2.1).
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError

from agent.core.accumulate import Because
from agent.core.basket import Sale
from agent.core.values import Code, Points, Value

__all__ = [
    "GENESIS",
    "AccumulatePoints",
    "Enrol",
    "Entry",
    "Fact",
    "MalformedEntry",
    "Position",
    "Recorded",
    "SaleFlag",
    "SaleStatus",
    "chain",
    "link_hash",
]

GENESIS = bytes(32)

SaleStatus = Literal["accumulated", "no_card", "unknown_card"]
SaleFlag = Literal["currency_mismatch"]


class MalformedEntry(ValueError):
    """Bytes are not the canonical form of any entry this version knows."""


class Enrol(Value):
    """A card became an account, at a till and perhaps with no network."""

    kind: Literal["ENROL"] = "ENROL"
    account: Code
    token: str
    lane: Code | None = None
    cashier: Code | None = None


class AccumulatePoints(Value):
    """A sale was committed, with what it earned and the balance it left.

    ``account`` is absent where no known card was shown; the sale is still a fact, with 0 points.
    """

    kind: Literal["ACCUMULATE_POINTS"] = "ACCUMULATE_POINTS"
    sale_id: Code
    sale: Sale
    status: SaleStatus
    account: Code | None = None
    program: str
    points: Annotated[Points, Field(ge=0)]
    because: tuple[Because, ...]
    balance: Points | None = None
    flags: tuple[SaleFlag, ...] = ()


Fact = Annotated[Enrol | AccumulatePoints, Field(discriminator="kind")]


class Entry(Value):
    """A fact with its stamp. ``recorded_at`` is the device's clock, RFC 3339 in UTC."""

    id: str
    epoch: Annotated[int, Field(ge=0)]
    seq: Annotated[int, Field(ge=1)]
    recorded_at: str
    fact: Fact

    def canonical(self) -> bytes:
        """Encode for hashing, storing and sending."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def parse(cls, canonical: bytes) -> Self:
        """Decode, and hold that the bytes are exactly what this entry encodes to.

        Raises MalformedEntry.
        """
        try:
            entry = cls.model_validate_json(canonical)
        except ValidationError as error:
            raise MalformedEntry(str(error)) from error
        if entry.canonical() != canonical:
            raise MalformedEntry("not in canonical form")
        return entry


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A place in a journal. ``seq`` 0 with the genesis hash is the place before the first entry."""

    epoch: int
    seq: int
    hash: bytes

    def __str__(self) -> str:
        """Write it as POS and receipt carry it: ``epoch:seq:short hash``."""
        return f"{self.epoch}:{self.seq}:{self.hash.hex()[:8]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """An entry as it stands in a journal."""

    entry: Entry
    canonical: bytes
    hash: bytes

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(epoch=self.entry.epoch, seq=self.entry.seq, hash=self.hash)


def link_hash(previous: bytes, canonical: bytes) -> bytes:
    """Hash one entry onto the chain."""
    return hashlib.sha256(b"\x00" + previous + canonical).digest()


def chain(previous: bytes, entries: tuple[bytes, ...]) -> bytes:
    """Hash several entries, in order, onto the chain; answers the last hash."""
    for canonical in entries:
        previous = link_hash(previous, canonical)
    return previous

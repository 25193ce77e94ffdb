"""Entries: immutable facts in the hash-chained journal of one device.

An entry is a stamp (where it stands, when it was written) and a fact (what happened). Its canonical
bytes are compact JSON in UTF-8, keys in the order of the classes below, absent values left out.
Those bytes are what is hashed, stored, sent and stored again; nobody re-encodes them on the way.

``hash_i = SHA256(0x00 || hash_{i-1} || canonical bytes_i)``, and a journal starts from 32 zero
bytes. The leading zero keeps an entry's hash apart from any other use of SHA-256 (RFC 6962, 2.1).
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from agent.core.facts import AccumulatePoints, Fact
from agent.core.instant import is_rfc3339
from agent.core.spelling import speller
from agent.core.values import Code

__all__ = [
    "GENESIS",
    "ClockReading",
    "Entry",
    "Epoch",
    "MalformedEntry",
    "Position",
    "Recorded",
    "chain",
    "link_hash",
]

GENESIS = bytes(32)


class MalformedEntry(ValueError):
    """Bytes are not the canonical form of any entry this version knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockReading:
    """How far the wall clock can be believed. ``up_ms`` is the time since boot, which only grows.

    ``synchronised`` is the kernel's word, ``jumped`` says that the clock was set since this boot
    began.
    """

    boot_id: Code
    up_ms: Annotated[int, Meta(ge=0)]
    synchronised: bool
    jumped: bool


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A fact with its stamp. ``recorded_at`` is the device's clock, RFC 3339 in UTC.

    ``business_date`` is the shop's day as the POS last said it, or the clock's where limits
    count on that; ``clock`` is absent in entries that version 0.1 wrote.
    """

    id: Code
    epoch: Annotated[int, Meta(ge=0)]
    seq: Annotated[int, Meta(ge=1)]
    recorded_at: str
    clock: ClockReading | None = None
    business_date: date | None = None
    fact: Fact

    @property
    def day(self) -> str:
        """The day on which it counts, `YYYY-MM-DD`: its business date, which version 0.1 wrote only
        into a sale itself; where nobody said one, the day in UTC by the device's clock.
        """
        if self.business_date is not None:
            return self.business_date.isoformat()
        if isinstance(self.fact, AccumulatePoints):
            return self.fact.summary.business_date
        return self.recorded_at[:10]

    def canonical(self) -> bytes:
        """Encode for hashing, storing and sending."""
        return _ENCODER.encode(self)

    @classmethod
    def read(cls, canonical: bytes) -> "Entry":
        """Decode bytes that a hash vouches for; the sale inside stays bytes.

        Raises MalformedEntry.
        """
        try:
            return _DECODER.decode(canonical)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise MalformedEntry(str(error)) from error

    @classmethod
    def parse(cls, canonical: bytes) -> "Entry":
        """Decode bytes of unknown origin: they must be exactly what this entry encodes to.

        Raises MalformedEntry.
        """
        entry = cls.read(canonical)
        if entry.canonical() != canonical:
            raise MalformedEntry("not in canonical form")
        if not is_rfc3339(entry.recorded_at):
            raise MalformedEntry("recorded_at is no moment")
        if not entry._is_plainly_spelt(canonical):
            entry._check_spelling()
        return entry

    def checked(self) -> bytes:
        """Encode an entry that was made here, and hold that it can be read back.

        Raises MalformedEntry where a field breaks its bounds: what nobody could read must not be
        written.
        """
        canonical = _ENCODER.encode(self)
        self.read(canonical)
        self._check_spelling()
        return canonical

    def _is_plainly_spelt(self, canonical: bytes) -> bool:
        """Say whether the bytes alone show that no text has a character that it may not have: all
        are ASCII, none is escaped, and no space is outside the sale, which is checked by itself,
        and the reasons, which are free texts.
        """
        if not canonical.isascii() or b"\\" in canonical or b"\x7f" in canonical:
            return False
        spaces = canonical.count(b" ")
        if spaces and isinstance(self.fact, AccumulatePoints):
            spaces -= bytes(self.fact.sale_json).count(b" ")
            spaces -= sum([each.text.count(" ") for each in self.fact.because])
        return spaces == 0

    def _check_spelling(self) -> None:
        if _misspelt(self):
            raise MalformedEntry("a code or a text has characters that none may have")

    def check_sale(self) -> None:
        """Hold that the sale inside, where there is one, is the canonical form of a sale.

        Whoever wrote the entry has done so; head office does it for what a device says. Costs some
        70 µs. Raises MalformedEntry.
        """
        if not isinstance(self.fact, AccumulatePoints):
            return
        try:
            canonical = self.fact.sale.canonical()
        except ValueError as error:
            raise MalformedEntry(str(error)) from error
        if canonical != bytes(self.fact.sale_json):
            raise MalformedEntry("the sale is not in canonical form")


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)
_misspelt = speller(Entry)


class Position(Struct, frozen=True, kw_only=True):
    """A place in a journal. ``seq`` 0 with the genesis hash is the place before the first entry."""

    epoch: int
    seq: int
    hash: bytes

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq), by which positions of one journal are ordered."""
        return (self.epoch, self.seq)

    def __str__(self) -> str:
        """Write it short: ``epoch:seq:hash``, of the hash the eight digits that receipts show."""
        return f"{self.epoch}:{self.seq}:{self.hash.hex()[:8]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """One life of a journal: its number, under which incarnation, and its newest entry's seq."""

    number: int
    incarnation: str
    head_seq: int


class Recorded(Struct, frozen=True, kw_only=True):
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

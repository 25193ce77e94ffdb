"""Greetings: who a device is, where its journals stand, and what head office makes of it.

A device greets on every connection. Anything but a clean match is challenged first, so that a late
or repeated HELLO destroys nothing; only a HELLO that answers the challenge ends an epoch or begins
one.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from agent.core.entry import Position
from agent.core.values import Value
from sync.messages.address import LARGEST_NUMBER, EpochNumber, HashHex, Name, Seq
from sync.messages.coding import SCHEMA, SchemaVersion, Told

__all__ = [
    "MOST_TAILS",
    "Challenge",
    "Count",
    "FeedPlace",
    "Halt",
    "HaltReason",
    "Held",
    "Hello",
    "KeyText",
    "Nonce",
    "Ok",
    "Presence",
    "SignatureText",
    "Tail",
    "Welcome",
]

MOST_TAILS = 16
"""So many older epochs fit in a HELLO; a device that has more names them once these are held."""

Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_NUMBER)]
Nonce = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{1,64}$")]
KeyText = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{43}$")]
"""An Ed25519 public key, base64url without padding (RFC 8032, RFC 4648)."""

SignatureText = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{86}$")]
"""An Ed25519 signature, base64url without padding."""

HaltReason = Literal["two_live", "retired", "refused", "key"]
"""Why a device may not go on as it is. ``refused`` freezes nothing: no head office says it yet, and
stores of today understand one that does, to whoever is too old for it.
"""


class Tail(Value):
    """An older epoch of which head office is not known to hold everything."""

    incarnation: Name
    epoch: EpochNumber
    head_seq: Seq
    head_hash: HashHex


class Held(Value):
    """How far head office holds one epoch; ``seq`` 0 with the genesis hash is nothing of it."""

    incarnation: Name
    epoch: EpochNumber
    seq: Seq
    hash: HashHex

    @classmethod
    def of(cls, incarnation: str, position: Position) -> Self:
        """Name a position under its incarnation."""
        return cls(
            incarnation=incarnation,
            epoch=position.epoch,
            seq=position.seq,
            hash=position.hash.hex(),
        )

    @property
    def position(self) -> Position:
        """The place as journals name it."""
        return Position(epoch=self.epoch, seq=self.seq, hash=bytes.fromhex(self.hash))


class FeedPlace(Value):
    """Up to where a device heard the feed of the generation that its HELLO names, and in which run
    of numbers: another life of head office's database gives the same number to something else.
    """

    cursor: Count
    run: Nonce


class Hello(Value):
    """Device to head office, on every connect: who I am and where my journal stands.

    ``challenge`` echoes head office's last one. ``opened`` says whether the present epoch began
    with head office's word, ``frozen`` why nothing is redeemed here, ``acknowledged`` the newest
    acknowledgement of the present epoch, ``tails`` the older epochs that are still on offer,
    ``left_out`` those that are not offered now, though they may not be held either: there was no
    room for them, or nothing of them can be sent. Every other one was acknowledged whole.
    ``feed`` is where the feed was heard to, if it was. ``signature`` is of
    :func:`sync.signing.hello_bytes` by ``key``.
    """

    schema_version: SchemaVersion = SCHEMA
    incarnation: Name
    nonce: Nonce
    challenge: Nonce | None = None
    epoch: EpochNumber
    opened: bool = False
    head_seq: Seq
    head_hash: HashHex
    frozen: Annotated[str, Field(max_length=200)] | None = None
    generation: Count = 0
    acknowledged: Held | None = None
    tails: Annotated[tuple[Tail, ...], Field(max_length=MOST_TAILS)] = ()
    left_out: Annotated[tuple[EpochNumber, ...], Field(max_length=MOST_TAILS)] = ()
    key: KeyText
    signature: SignatureText = "A" * 86
    version: Annotated[str, Field(max_length=40)] = ""
    feed: FeedPlace | None = None

    def with_signature(self, signature: str) -> Self:
        """Put a signature in."""
        return self.model_copy(update={"signature": signature})


class Ok(Told):
    """Head office to device: what I hold of your journals. Counts only with the present nonce."""

    nonce: Nonce
    epoch: EpochNumber
    seq: Seq
    hash: HashHex
    time: str
    generation: Count = 0
    tails: tuple[Held, ...] = ()

    @property
    def position(self) -> Position:
        """The place as journals name it."""
        return Position(epoch=self.epoch, seq=self.seq, hash=bytes.fromhex(self.hash))


class Challenge(Told):
    """Head office to device: this is no clean match; say it again with this challenge."""

    nonce: Nonce
    challenge: Nonce
    generation: Count = 0


class Welcome(Told):
    """Head office to device: begin this epoch. Repeats name the same one until it is opened."""

    nonce: Nonce
    new_epoch: EpochNumber
    time: str
    generation: Count = 0


class Halt(Told):
    """Head office to device: send nothing more as who you are, and take sales on."""

    nonce: Nonce | None = None
    reason: HaltReason
    text: str


class Presence(Value):
    """Retained: whether a device's agent is connected, and how it was when it said so.

    The broker publishes the will, which says ``online`` false, of which ``life`` it is, and nothing
    else. A life that lost its ledger is another client to the broker: its will may come after the
    birth of the next, of which it says nothing.
    """

    online: bool
    epoch: EpochNumber | None = None
    head_seq: Seq | None = None
    acknowledged_seq: Seq | None = None
    lag: Count | None = None
    """Entries that head office is not known to hold."""
    lease_exposure: Count | None = None
    """Points that this device may still spend without asking."""
    floor_left: Count | None = None
    clock: Literal["synchronised", "free_running", "jumped"] | None = None
    version: str | None = None
    life: Name | None = None
    """The incarnation under which the agent connects; older agents name none."""

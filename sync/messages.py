"""The wire: which topics there are and what each carries.

A device publishes under ``tapledger/1/{tenant}/{store}/{device}/`` and head office answers below
``…/down/``. Control messages are JSON. A JOURNAL is deflated lines: a JSON header, then one line
per entry, each the canonical bytes that the device hashed, so that nobody re-encodes them.

>>> device = DeviceAddress(tenant="house", store="s001", device="edge-1")
>>> device.topic("journal")
'tapledger/1/house/s001/edge-1/journal'
>>> DeviceAddress.of_topic("tapledger/1/house/s001/edge-1/journal") == (device, "journal")
True
"""

import re
import zlib
from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from agent.core.entry import Position
from agent.core.values import Value

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "MOST_BATCHES",
    "Ack",
    "DeviceAddress",
    "Halt",
    "Hello",
    "Journal",
    "MalformedMessage",
    "Name",
    "Ok",
    "Presence",
    "decode",
    "decode_journal",
    "encode",
    "encode_journal",
]

MOST_BATCHES = 16
"""Unacknowledged batches one device may have under way."""

MAX_PAYLOAD_BYTES = 64 * 1024
"""Largest payload on the wire, deflated."""

_MAX_INFLATED_BYTES = 4 * 1024 * 1024

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_TOPIC = re.compile(rf"tapledger/1/({_NAME})/({_NAME})/({_NAME})/([a-z/]+)")

Name = Annotated[str, StringConstraints(strict=True, pattern=f"^{_NAME}$")]
"""A tenant, store or device: safe as one level of a topic."""

HashHex = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]
_LARGEST = 2**53  # the largest number that JSON readers everywhere agree on
Epoch = Annotated[int, Field(strict=True, ge=0, le=_LARGEST)]
Seq = Annotated[int, Field(strict=True, ge=0, le=_LARGEST)]
M = TypeVar("M", bound=Value)


class MalformedMessage(ValueError):
    """A payload is not the message its topic promises."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceAddress:
    """Whose messages: one agent of one store of one tenant."""

    tenant: str
    store: str
    device: str

    def topic(self, kind: str) -> str:
        """Answer the topic of this device for one kind of message."""
        return f"tapledger/1/{self}/{kind}"

    @classmethod
    def of_topic(cls, topic: str) -> tuple[Self, str]:
        """Read address and kind off a topic. Raises MalformedMessage."""
        found = _TOPIC.fullmatch(topic)
        if found is None:
            raise MalformedMessage(f"topic {topic[:100]!r} is not ours")
        tenant, store, device, kind = found.groups()
        return cls(tenant=tenant, store=store, device=device), kind

    def __str__(self) -> str:
        return f"{self.tenant}/{self.store}/{self.device}"


class Hello(Value):
    """Device to head office, on every connect: who I am and where my journal stands."""

    incarnation: Name
    nonce: Name
    epoch: Epoch
    head_seq: Seq
    head_hash: HashHex


class Ok(Value):
    """Head office to device: what I hold of your journal. Counts only with the present nonce."""

    nonce: str
    epoch: Epoch
    seq: Seq
    hash: HashHex
    time: str


class Journal(Value):
    """Header of a batch: the entries on the lines below follow from ``prev_hash``, in order."""

    incarnation: Name
    epoch: Epoch
    first_seq: Annotated[Seq, Field(ge=1)]
    prev_hash: HashHex
    last_hash: HashHex


class Ack(Value):
    """Head office to device, after its commit: I hold everything up to here."""

    epoch: Epoch
    seq: Seq
    hash: HashHex

    @classmethod
    def of(cls, position: Position) -> Self:
        """Acknowledge a position."""
        return cls(epoch=position.epoch, seq=position.seq, hash=position.hash.hex())


class Halt(Value):
    """Head office to device: your journal and mine contradict each other; a person must look."""

    epoch: Epoch
    seq: Seq
    reason: Literal["fork", "malformed"]


class Presence(Value):
    """Retained: whether a device's agent is connected. The broker publishes the will."""

    online: bool


def encode(message: Value) -> bytes:
    """Encode a control message."""
    return message.model_dump_json().encode()


def decode(payload: bytes, kind: type[M]) -> M:
    """Decode a control message. Raises MalformedMessage."""
    try:
        return kind.model_validate_json(payload)
    except ValidationError as error:
        raise MalformedMessage(f"not a {kind.__name__}: {error.error_count()} mistakes") from error


def encode_journal(header: Journal, entries: tuple[bytes, ...]) -> bytes:
    """Encode a batch."""
    return zlib.compress(b"\n".join((encode(header), *entries)))


def decode_journal(payload: bytes) -> tuple[Journal, tuple[bytes, ...]]:
    """Decode a batch; never inflates to more than 4 MiB. Raises MalformedMessage."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(payload, _MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise MalformedMessage(f"not deflated: {error}") from error
    if not inflater.eof:
        raise MalformedMessage("cut short, or larger than 4 MiB")
    head, *entries = plain.split(b"\n")
    return decode(head, Journal), tuple(entries)

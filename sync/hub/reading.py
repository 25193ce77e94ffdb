"""Reading what devices send: bounded first, then decoded, then its signature held against a key.

Whatever fails here is refused with a kind, which is its metric and its row among the conflicts.
"""

from collections.abc import Iterable
from typing import Literal, TypeVar

from agent.core.values import Value
from sync.hub.batch import NUL
from sync.messages import (
    MAX_ENTRY_BYTES,
    MAX_PAYLOAD_BYTES,
    DeviceAddress,
    Hello,
    Journal,
    MalformedMessage,
    UnknownSchema,
    decode,
    decode_journal,
)
from sync.signing import batch_bytes, hello_bytes, is_signed

__all__ = ["Refused", "RefusedKind", "check_batch", "read", "read_hello", "read_journal"]

RefusedKind = Literal[
    "malformed_message",
    "unknown_schema",
    "too_large",
    "bad_signature",
    "unknown_device",
    "not_handled",
]

M = TypeVar("M", bound=Value)


class Refused(Exception):
    """A message is not taken, and why. ``is_kept`` says whether it goes to quarantine."""

    def __init__(self, kind: RefusedKind, why: str, *, is_kept: bool = True) -> None:
        super().__init__(why)
        self.kind = kind
        self.is_kept = is_kept


def read(payload: bytes, kind: type[M]) -> M:
    """Decode a control message. Raises Refused."""
    _check_size(payload)
    if NUL in payload:
        raise Refused("malformed_message", "it has a character that no database keeps in a text")
    try:
        return decode(payload, kind)
    except MalformedMessage as error:
        raise _refusal(error) from error


def read_hello(address: DeviceAddress, payload: bytes) -> Hello:
    """Decode a HELLO that is signed by the key it carries. Raises Refused."""
    hello = read(payload, Hello)
    if not is_signed(hello.key, hello.signature, hello_bytes(address.topic("hello"), hello)):
        raise Refused("bad_signature", "a HELLO is not signed by the key it carries")
    return hello


def read_journal(payload: bytes) -> tuple[Journal, tuple[bytes, ...]]:
    """Decode a batch, whose signature is still to be checked. Raises Refused."""
    _check_size(payload, MAX_ENTRY_BYTES)
    try:
        header, lines = decode_journal(payload)
    except MalformedMessage as error:
        raise _refusal(error) from error
    if len(lines) > 1:  # one entry is taken as large as a till may make it
        _check_size(payload)
    return header, lines


def check_batch(address: DeviceAddress, header: Journal, keys: Iterable[str]) -> None:
    """Hold a batch to the keys that may sign it, asked for one by one. Raises Refused."""
    signed = batch_bytes(address.topic("journal"), header)
    if not any(is_signed(key, header.signature, signed) for key in keys):
        why = "a batch is not signed" if header.signature is None else "a batch has another's key"
        raise Refused("bad_signature", why)


def _check_size(payload: bytes, most: int = MAX_PAYLOAD_BYTES) -> None:
    if len(payload) > most:
        raise Refused("too_large", f"{len(payload)} bytes are more than {most}")


def _refusal(error: MalformedMessage) -> Refused:
    if isinstance(error, UnknownSchema):
        return Refused("unknown_schema", str(error))
    return Refused("malformed_message", str(error))

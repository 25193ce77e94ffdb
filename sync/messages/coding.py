"""How messages become bytes: JSON, and deflated lines where there is much to say."""

import zlib
from typing import TypeVar

from pydantic import ValidationError

from agent.core.values import Value

__all__ = [
    "MAX_INFLATED_BYTES",
    "MAX_PAYLOAD_BYTES",
    "MalformedMessage",
    "decode",
    "decode_line",
    "deflate_lines",
    "encode",
    "inflate_lines",
]

MAX_PAYLOAD_BYTES = 64 * 1024
"""Largest payload on the wire, deflated."""

MAX_INFLATED_BYTES = 4 * 1024 * 1024
"""Beyond this nothing is inflated."""

M = TypeVar("M", bound=Value)


class MalformedMessage(ValueError):
    """A payload is not the message its topic promises."""


def encode(message: Value) -> bytes:
    """Encode a control message."""
    return message.model_dump_json(exclude_none=True).encode()


def decode(payload: bytes, kind: type[M]) -> M:
    """Decode a control message. Raises MalformedMessage."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MalformedMessage(f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    return decode_line(payload, kind)


def decode_line(line: bytes, kind: type[M]) -> M:
    """Decode one line of an inflated payload. Raises MalformedMessage."""
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        raise MalformedMessage(f"not a {kind.__name__}: {error.error_count()} mistakes") from error


def deflate_lines(lines: tuple[bytes, ...]) -> bytes:
    """Put lines into one payload."""
    return zlib.compress(b"\n".join(lines))


def inflate_lines(payload: bytes) -> list[bytes]:
    """Take them out again; never inflates to more than 4 MiB. Raises MalformedMessage."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(payload, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise MalformedMessage(f"not deflated: {error}") from error
    if not inflater.eof:
        raise MalformedMessage("cut short, or larger than 4 MiB")
    return plain.split(b"\n")

"""How messages become bytes: JSON, and deflated lines where there is much to say."""

import json
import zlib
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from agent.core.values import Value

__all__ = [
    "MAX_ENTRY_BYTES",
    "MAX_INFLATED_BYTES",
    "MAX_PAYLOAD_BYTES",
    "SCHEMA",
    "MalformedMessage",
    "SchemaVersion",
    "Told",
    "UnknownSchema",
    "decode",
    "decode_line",
    "deflate_lines",
    "encode",
    "inflate_lines",
]

MAX_PAYLOAD_BYTES = 64 * 1024
"""Largest payload on the wire, deflated."""

MAX_ENTRY_BYTES = 1280 * 1024
"""Largest payload of a batch of one entry: a till hands over a sale of up to 1 MiB, and an entry
that could not be sent would stand before all that follow it."""

MAX_INFLATED_BYTES = 4 * 1024 * 1024
"""Beyond this nothing is inflated."""

_LARGEST_VERSION = 2**31
SchemaVersion = Annotated[int, Field(strict=True, ge=1, le=_LARGEST_VERSION)]

M = TypeVar("M", bound=Value)


SCHEMA = 1
"""The version of all messages; a batch or HELLO of another one is refused."""


class Told(Value):
    """What head office says to devices. It is upgraded first, and a store may be away for days: an
    older one leaves out what a later head office adds, and takes the rest.
    """

    model_config = ConfigDict(extra="ignore")


class MalformedMessage(ValueError):
    """A payload is not the message its topic promises."""


class UnknownSchema(MalformedMessage):
    """A message is of a version that this program does not know: one of the two sides is older."""

    def __init__(self, version: int) -> None:
        super().__init__(f"a message of version {version}, and {SCHEMA} is what is known here")
        self.version = version


def encode(message: Value) -> bytes:
    """Encode a control message."""
    return message.model_dump_json(exclude_none=True).encode()


def decode(payload: bytes, kind: type[M]) -> M:
    """Decode a control message. Raises MalformedMessage."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MalformedMessage(f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    return decode_line(payload, kind)


def decode_line(line: bytes, kind: type[M]) -> M:
    """Decode one line of an inflated payload. Raises MalformedMessage, or UnknownSchema, which says
    that a newer or older program wrote it.
    """
    try:
        message = kind.model_validate_json(line)
    except ValidationError as error:
        version = _version_of(line) if "schema_version" in kind.model_fields else SCHEMA
        if version != SCHEMA:
            raise UnknownSchema(version) from error
        raise MalformedMessage(f"its {kind.__name__} cannot be read: {_first(error)}") from error
    version = getattr(message, "schema_version", SCHEMA)
    if version != SCHEMA:
        raise UnknownSchema(version)
    return message


def _version_of(line: bytes) -> int:
    """Read the version off a message that says otherwise what nobody here understands."""
    try:
        version = json.loads(line)["schema_version"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return SCHEMA
    return version if type(version) is int and 0 < version <= _LARGEST_VERSION else SCHEMA


def deflate_lines(lines: tuple[bytes, ...]) -> bytes:
    """Put lines into one payload."""
    return zlib.compress(b"\n".join(lines))


def inflate_lines(payload: bytes, *, at_most: int) -> list[bytes]:
    """Take them out again; never inflates to more than 4 MiB, which may be millions of lines.

    Raises MalformedMessage.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(payload, MAX_INFLATED_BYTES)
    except zlib.error as error:
        why = str(error).rpartition(": ")[2]  # before it zlib says its own number and name of it
        raise MalformedMessage(f"it is not deflated ({why})") from error
    if not inflater.eof:
        raise MalformedMessage("cut short, or larger than 4 MiB")
    lines = plain.split(b"\n", at_most)
    if len(lines) > at_most:
        raise MalformedMessage(f"more than {at_most} lines")
    return lines


_QUOTES = frozenset({"assertion_error", "extra_forbidden", "union_tag_invalid", "value_error"})
"""What pydantic says of these, or where, may be words of the sender's."""


def _first(error: ValidationError) -> str:
    """Say what is amiss first, in words that are ours: neither values nor names that were sent."""
    (first, *others) = error.errors(include_url=False, include_context=False, include_input=False)
    is_ours = first["type"] not in _QUOTES
    where = ".".join(str(each) for each in first["loc"]) if is_ours else ""
    what = first["msg"] if is_ours else "something in it cannot be"
    more = f", and {len(others)} more" if others else ""
    return f"{where}: {what}{more}" if where else f"{what}{more}"

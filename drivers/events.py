"""What a parser can say about the bytes it was fed."""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct, field

from agent.core.tokens import Token

__all__ = ["Event", "Parser", "ProductRead", "Reason", "RefusedFrame", "StatusSeen", "TokenRead"]

Reason = Literal[
    "checksum",
    "framing",
    "length",
    "check_digit",
    "payment_card",
    "random_uid",
    "provider_gsrn",
    "mac",
    "replay",
    "unreadable",
    "unknown",
]
"""Why bytes are no card, in the words of ``tapledger decode``.

``random_uid`` is a number that the chip makes up at each tap, ``provider_gsrn`` a member of staff,
``mac`` a signature that does not hold, ``replay`` one whose counter was seen before, ``unreadable``
what is whole and means nothing here, or a card that was gone before all of it was read, ``unknown``
a number of no form that a card has.
"""


class TokenRead(Struct, frozen=True, kw_only=True, gc=False):
    """A whole frame with a right checksum named a card.

    ``counter`` is how often a card that signs was read in its life.
    """

    token: Token
    counter: int | None = None


class ProductRead(Struct, frozen=True, kw_only=True, gc=False):
    """A product's barcode: its GTIN, in as many digits as it was printed with, and what the code
    says of the piece. ``expiry`` is an ISO date.
    """

    gtin: str
    lot: str | None = None
    expiry: str | None = None
    serial: str | None = None


class StatusSeen(Struct, frozen=True, kw_only=True):
    """What is neither a card nor a fault: a heartbeat, an acknowledgement, firmware, a tag that
    left. ``about`` says which; ``details`` are plain values beside it.
    """

    about: str
    details: Mapping[str, str | int] = field(default_factory=dict)


class RefusedFrame(Struct, frozen=True, kw_only=True, gc=False):
    """Bytes that are no card, and why."""

    reason: Reason


Event = TokenRead | ProductRead | StatusSeen | RefusedFrame


class Parser(Protocol):
    """Bytes in, events out. One suite of tests holds every parser to this."""

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the stream, however they were cut, and answer what they hold."""
        ...

    def idle(self) -> list[Event]:
        """Learn that the line fell silent: what is unfinished will stay so."""
        ...

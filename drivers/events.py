"""What a parser can say about the bytes it was fed."""

from dataclasses import dataclass
from typing import Literal, Protocol

from agent.core.tokens import Token

__all__ = ["Event", "Parser", "Reason", "RefusedFrame", "TokenRead"]

Reason = Literal["checksum", "framing", "length"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRead:
    """A whole frame with a right checksum named a card."""

    token: Token


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedFrame:
    """Bytes that are no card: why, in the words of ``tapledger decode``."""

    reason: Reason


Event = TokenRead | RefusedFrame


class Parser(Protocol):
    """Bytes in, events out. One suite of tests holds every parser to this."""

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the stream, however they were cut, and answer what they hold."""
        ...

    def idle(self) -> list[Event]:
        """Learn that the line fell silent: what is unfinished will stay so."""
        ...

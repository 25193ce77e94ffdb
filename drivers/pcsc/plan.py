"""How the cards on one reader are read: what its configuration says, with its keys at hand."""

from dataclasses import dataclass
from typing import Literal, Protocol

from drivers.events import Event
from drivers.pcsc.apdu import Family, KeyKind

__all__ = ["ClassicBlock", "ReadingPlan", "Taps", "Writing"]

Writing = Literal["ascii", "bcd"]
"""How a member's number stands in a block: as characters, or two digits to the byte."""


class Taps(Protocol):
    """Who verifies the taps of cards that sign, and remembers them."""

    fault: str | None
    """Why no tap can be taken now, for an engineer; None while they can."""

    def events_of(self, address: str, uid: bytes | None) -> list[Event]:
        """Say whether an address is a tap of the card with this number that was not taken before.

        A tap that is answered as a token is taken: the same one is never again.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassicBlock:
    """The block of a MIFARE Classic with the member's number, and how it is opened.

    ``place`` is where in the reader the key goes: P1 and P2 of the command that loads it.
    """

    block: int
    key: bytes
    key_kind: KeyKind = "A"
    writing: Writing = "ascii"
    place: bytes = b"\x00\x00"

    def __repr__(self) -> str:
        """Tell the block and nothing of the key."""
        return f"ClassicBlock(block={self.block})"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingPlan:
    """How to read the cards of one reader; by default by UID and message, with no key.

    With ``taps`` a card that signs is known by a tap that is verified. Others are refused, unless
    ``accept_unsigned``; one whose signature does not hold always is.
    """

    family: Family = "pcsc"
    ndef: bool = True
    block: ClassicBlock | None = None
    taps: Taps | None = None
    accept_unsigned: bool = False

    @property
    def wants_signature(self) -> bool:
        """Whether nothing but a verified tap is a card."""
        return self.taps is not None and not self.accept_unsigned

    @property
    def fault(self) -> str | None:
        """Why cards that sign are refused now, for an engineer; None while all is well."""
        return None if self.taps is None else self.taps.fault

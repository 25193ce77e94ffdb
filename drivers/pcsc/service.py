"""PC/SC as a device's loop needs it: one context, one reader's slot, one card. And what goes wrong.

    PcscError               cannot go on with this context; the message is for an engineer
    ├── NotInstalled        pyscard is not there
    ├── ServiceGone         pcscd is not there, was killed, or forgot this context
    ├── AccessDenied        pcscd does not let this user in
    ├── ReaderGone          no reader fits, or the one that did was pulled out
    ├── Hangs               a call has not come back
    └── CardGone            the card cannot be talked to; the context is as good as before
        └── CardAway        for nothing lies there any more

The low-level calls stand behind ``Service``, so that all of this can be played without pcscd.
"""

from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "AccessDenied",
    "Card",
    "CardAway",
    "CardGone",
    "Hangs",
    "NotInstalled",
    "PcscError",
    "ReaderGone",
    "Service",
    "ServiceGone",
    "Slot",
    "Surroundings",
]


class PcscError(Exception):
    """PC/SC does not do what it was asked; the message says what to do."""


class NotInstalled(PcscError):
    """What talks to pcscd is not installed."""


class ServiceGone(PcscError):
    """The context is worth nothing; a new one may be had once pcscd is there."""


class AccessDenied(PcscError):
    """This user may not."""


class ReaderGone(PcscError):
    """The reader is not there."""


class Hangs(PcscError):
    """A call has not come back in its time, and nothing can be asked before it has."""


class CardGone(PcscError):
    """The card was taken away, reset or does not answer."""


class CardAway(CardGone):
    """No card lies there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What a reader says of its slot.

    ``changes`` is another number after each card that came or went, also of one that did both
    between two looks. ``atr`` is None where no card lies, and empty where one does not answer.
    ``state`` is the service's own, for the next look.
    """

    changes: int
    atr: bytes | None
    state: int = 0


class Card(Protocol):
    """A card that was connected to, shared with other programs."""

    def transmit(self, command: bytes) -> bytes:
        """Send a command and answer data and status. Raises CardGone or another PcscError."""
        ...

    def close(self) -> None:
        """Let go of the card and leave it as it is. Raises nothing."""
        ...


class Service(Protocol):
    """One context at pcscd. Every call raises PcscError, and returns within a few seconds."""

    def readers(self) -> tuple[str, ...]:
        """Answer the names of the readers there are."""
        ...

    def wait(self, reader: str, before: Slot | None) -> Slot:
        """Wait up to a second until the slot is another than before; at once for None."""
        ...

    def connect(self, reader: str) -> Card:
        """Connect to the card. Raises CardGone or another PcscError."""
        ...

    def close(self) -> None:
        """Let go of the context. Raises nothing."""
        ...


class Surroundings(Protocol):
    """What the loop needs of the world."""

    def open(self) -> Service:
        """Have a context at pcscd. Raises PcscError."""
        ...

    def now_s(self) -> float:
        """Answer the time of a clock that nobody sets, in seconds."""
        ...

    def is_over(self) -> bool:
        """Say whether the loop has to end."""
        ...

    def wait_before(self, attempt: int) -> None:
        """Wait before another attempt, longer each time, at most until the loop has to end."""
        ...

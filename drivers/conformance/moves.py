"""Moves: what can happen to a device on a shop floor, and what came of it."""

from dataclasses import dataclass
from typing import Protocol

from agent.core.tokens import Token
from drivers.device import Counters

__all__ = [
    "Busy",
    "ClockJump",
    "Denied",
    "Flood",
    "Gone",
    "Half",
    "Lay",
    "Move",
    "Noise",
    "NotApplicable",
    "Pause",
    "Rest",
    "Rig",
    "Seen",
    "Shown",
    "Stops",
    "Together",
]


class NotApplicable(Exception):
    """A device of this kind cannot be played such a move; the message says why."""


@dataclass(frozen=True, slots=True)
class Lay:
    """Card number ``card`` is shown once, perhaps with its bytes cut into pieces of so many."""

    card: int
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Several cards within one read."""

    cards: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """A card lies there for so many repeats of 50 ms."""

    card: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Flood:
    """So many different cards, as fast as the line carries them."""

    cards: int


@dataclass(frozen=True, slots=True)
class Half:
    """The first half of what a card is said with, and no more."""

    card: int


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that mean nothing, at the rate of the line."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for so long; a card that lay there is taken away."""

    for_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Gone:
    """The device is pulled out, and not there for so many looks; then it is back."""

    looks: int = 3


@dataclass(frozen=True, slots=True)
class Denied:
    """The device may not be opened for so many looks."""

    looks: int = 3


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The machine slept for so long."""

    by_s: float


@dataclass(frozen=True, slots=True)
class Busy:
    """Whoever is told takes so long over each card from now on."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Stops:
    """The agent stops while the device is read; nothing comes after it."""


Shown = Lay | Together | Rest | Flood | Half | Noise | Pause
"""What a device is shown, or not."""

Move = Shown | Gone | Denied | ClockJump | Busy | Stops


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What came of some moves: the cards that were told in order, counters, faults and log."""

    told: tuple[Token, ...]
    counters: Counters
    faults: tuple[str | None, ...]
    """The device's fault before the first move, after each, and at the end."""
    logged: tuple[str, ...]
    """The names of what it logged, in order."""
    held: int = 0
    """Ports, contexts and cards that it did not let go of."""


class Rig(Protocol):
    """Plays moves on a new device of one driver."""

    rests: bool
    """Whether a card that lies there is repeated."""

    def token(self, card: int) -> Token:
        """Answer what card number ``card`` is known by; different numbers are different cards."""
        ...

    def play(self, *moves: Move) -> Seen:
        """Start a device, make the moves, stop it. Raises NotApplicable."""
        ...

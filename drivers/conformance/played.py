"""What all rigs do alike: they play moves in a scripted world, and say what came of them.

A cable that is pulled, a clock that jumps and an agent that is busy are the same for every kind of
port. What a card is to it, the rig of that kind says.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from structlog.testing import capture_logs

from agent.core.tokens import Token
from drivers.conformance.moves import (
    Busy,
    ClockJump,
    Denied,
    Gone,
    Move,
    Seen,
    Shown,
    Stops,
)
from drivers.device import CardPresented, Counters, DeviceEvent, Tell, ZoneVisited
from drivers.virtual.script import Script
from drivers.virtual.world import Absent, Does, Looks, Refuses, Silent, Sleeps, Vanishes

__all__ = ["AnyPortsAct", "Played", "PlayedRig"]

AnyPortsAct = Silent | Does | Vanishes | Absent | Refuses | Sleeps | Looks

A = TypeVar("A")


class Played(Protocol):
    """A device that runs on the test's own thread until its script is over."""

    @property
    def fault(self) -> str | None: ...
    @property
    def counters(self) -> Counters: ...
    def run(self) -> None: ...


class PlayedRig(ABC, Generic[A]):
    """Plays moves on a driver; a subclass makes acts of them, and the world that they happen in.

    What is told is a card, or of a driver that tells visits an arrival.
    """

    rests: bool
    token: Callable[[int], Token]

    def play(self, *moves: Move) -> Seen:
        """Make the moves on a device of its own. Raises NotApplicable."""
        told: list[DeviceEvent] = []
        faults: list[str | None] = []
        self._busy_s = 0.0

        def heard() -> int:
            return device.counters.presentations + device.counters.dropped

        def tell(event: DeviceEvent) -> None:
            told.append(event)
            world.take(self._busy_s)

        acts = [
            act for move in moves for act in (*self._happens(move, heard, lambda: world), Looks())
        ]
        if moves and isinstance(acts[0], Vanishes):  # nothing was there yet
            del acts[0]
        world, device = self._made(acts, lambda: faults.append(device.fault), tell)
        faults.append(device.fault)
        with capture_logs() as logs:
            device.run()
        return Seen(
            told=tuple(token for each in told if (token := _shown(each)) is not None),
            counters=device.counters,
            faults=(*faults, device.fault),
            logged=tuple(line["event"] for line in logs),
            held=world.held,
        )

    @abstractmethod
    def _made(
        self, acts: list[A | AnyPortsAct], look: Callable[[], object], tell: Tell
    ) -> tuple[Script[Any], Played]:
        """Make a world in which the acts happen, and a device in it."""

    @abstractmethod
    def _acts(self, move: Shown, heard: Callable[[], int]) -> Iterator[A | AnyPortsAct]:
        """Answer a move's acts; ``heard`` says of how many cards the device took notice."""

    def _happens(
        self, move: Move, heard: Callable[[], int], world: Callable[[], Script[Any]]
    ) -> Iterator[A | AnyPortsAct]:
        match move:
            case Gone(looks=looks):
                yield from self._away(Absent(looks))
            case Denied(looks=looks):
                yield from self._away(Refuses(looks))
            case ClockJump(by_s=by_s):
                yield Sleeps(by_s)
            case Busy(for_s=for_s):
                yield Does(lambda: setattr(self, "_busy_s", for_s))
            case Stops():
                yield Does(lambda: world().end())
            case _:
                yield from self._acts(move, heard)

    def _away(self, missing: Absent | Refuses) -> Iterator[A | AnyPortsAct]:
        yield Vanishes()
        yield missing


def _shown(event: DeviceEvent) -> Token | None:
    """Answer the card that came; a product is none, and who leaves came before."""
    match event:
        case CardPresented(token=token) | ZoneVisited(token=token, change="arrived"):
            return token
        case _:
            return None

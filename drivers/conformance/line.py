"""A rig for drivers of serial lines: moves become bytes in a scripted world.

A device that only speaks is played by ``LineRig``; ``drivers.conformance.asked`` plays one that
wants to be asked.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from structlog.testing import capture_logs

from agent.core.tokens import Token
from drivers.conformance.moves import (
    Busy,
    ClockJump,
    Denied,
    Flood,
    Gone,
    Half,
    Lay,
    Move,
    Noise,
    Pause,
    Rest,
    Seen,
    Shown,
    Stops,
    Together,
)
from drivers.device import CardPresented, DeviceEvent, DriverOptions, Place, ZoneVisited
from drivers.serial_driver import SerialDriver
from drivers.virtual.world import (
    Absent,
    Act,
    Does,
    Looks,
    Refuses,
    ScriptedWorld,
    Sends,
    Silent,
    Sleeps,
    Vanishes,
)

__all__ = ["LineRig", "Noises", "ScriptedRig"]

_REPEAT_S = 0.05

Noises = Callable[[random.Random, int], bytes]


class ScriptedRig(ABC):
    """Plays moves on a driver of a serial line; a subclass makes acts of them.

    What is told is a card, or of a driver that tells visits an arrival. ``noise`` makes bytes of
    which none are a card; by default any bytes, from a fixed seed.
    """

    def __init__(
        self,
        driver: SerialDriver,
        token: Callable[[int], Token],
        *,
        options: DriverOptions | None = None,
        noise: Noises = random.Random.randbytes,
    ) -> None:
        self.rests = driver.rests
        self.token = token
        self._driver, self._noise = driver, noise
        self._options = driver.options() if options is None else options
        self._byte_s = 10 / driver.baud

    def play(self, *moves: Move) -> Seen:
        """Make the moves on a device of its own."""
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
        world = ScriptedWorld(
            acts,
            byte_s=self._byte_s,
            look=lambda: faults.append(device.fault),
            answer=self._answer,
        )
        place = Place(name="front", port="/dev/front")
        device = self._driver.make(place, self._options, tell, world)
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

    def _happens(
        self, move: Move, heard: Callable[[], int], world: Callable[[], ScriptedWorld]
    ) -> Iterator[Act]:
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

    def _away(self, missing: Act) -> Iterator[Act]:
        yield Vanishes()
        yield missing

    @abstractmethod
    def _acts(self, move: Shown, heard: Callable[[], int]) -> Iterator[Act]:
        """Answer a move's acts; ``heard`` says of how many cards the device took notice."""

    def _answer(self, data: bytes) -> bytes:  # noqa: ARG002 - nobody asks it
        """Answer what the device says to bytes that are written to it."""
        return b""

    def _noise_for(self, for_s: float) -> Sends:
        data = self._noise(random.Random(7), int(for_s / self._byte_s))  # noqa: S311 - noise
        return Sends(data, 64)


class LineRig(ScriptedRig):
    """Plays moves on a device that only speaks.

    ``frame`` answers the bytes with which it names card number N, ``token`` what that is known by.
    """

    def __init__(
        self,
        driver: SerialDriver,
        frame: Callable[[int], bytes],
        token: Callable[[int], Token],
        *,
        options: DriverOptions | None = None,
        noise: Noises = random.Random.randbytes,
    ) -> None:
        super().__init__(driver, token, options=options, noise=noise)
        self._frame = frame

    def _acts(
        self,
        move: Shown,
        heard: Callable[[], int],  # noqa: ARG002 - it speaks whoever listens
    ) -> Iterator[Act]:
        match move:
            case Lay(card=card, at_once=at_once):
                yield Sends(self._frame(card), at_once)
            case Together(cards=cards):
                yield Sends(b"".join(self._frame(card) for card in cards))
            case Rest(card=card, repeats=repeats):
                for _ in range(repeats):
                    yield Sends(self._frame(card))
                    yield Silent(_REPEAT_S)
            case Flood(cards=cards):
                yield Sends(b"".join(self._frame(card) for card in range(cards)), 64)
            case Half(card=card):
                frame = self._frame(card)
                yield Sends(frame[: len(frame) // 2])
            case Noise(for_s=for_s):
                yield self._noise_for(for_s)
            case Pause(for_s=for_s):
                yield Silent(for_s)


def _shown(event: DeviceEvent) -> Token | None:
    """Answer the card that came; a product is none, and who leaves came before."""
    match event:
        case CardPresented(token=token) | ZoneVisited(token=token, change="arrived"):
            return token
        case _:
            return None

"""A rig for drivers of serial lines: moves become bytes in a scripted world."""

import random
from collections.abc import Callable, Iterator

from structlog.testing import capture_logs

from agent.core.tokens import Token
from drivers.conformance.moves import (
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
    Together,
)
from drivers.device import CardPresented, DeviceEvent, DriverOptions, Place
from drivers.serial_driver import SerialDriver
from drivers.virtual.world import (
    Absent,
    Act,
    Looks,
    Refuses,
    ScriptedWorld,
    Sends,
    Silent,
    Sleeps,
    Vanishes,
)

__all__ = ["LineRig"]

_REPEAT_S = 0.05


class LineRig:
    """Plays moves on a driver of a serial line.

    ``frame`` answers the bytes with which a device names card number N, ``token`` what it is known
    by. ``noise`` makes bytes of which none are a card; by default any bytes, from a fixed seed.
    """

    def __init__(
        self,
        driver: SerialDriver,
        frame: Callable[[int], bytes],
        token: Callable[[int], Token],
        *,
        options: DriverOptions | None = None,
        noise: Callable[[random.Random, int], bytes] = random.Random.randbytes,
    ) -> None:
        self.rests = driver.rests
        self.token = token
        self._driver, self._frame, self._noise = driver, frame, noise
        self._options = driver.options() if options is None else options
        self._byte_s = 10 / driver.baud

    def play(self, *moves: Move) -> Seen:
        """Make the moves on a device of its own."""
        told: list[DeviceEvent] = []
        faults: list[str | None] = []
        acts = [act for move in moves for act in (*self._acts(move), Looks())]
        if moves and isinstance(acts[0], Vanishes):  # nothing was there yet
            del acts[0]
        world = ScriptedWorld(acts, byte_s=self._byte_s, look=lambda: faults.append(device.fault))
        place = Place(name="front", port="/dev/front")
        device = self._driver.make(place, self._options, told.append, world)
        faults.append(device.fault)
        with capture_logs() as logs:
            device.run()
        return Seen(
            told=tuple(each.token for each in told if isinstance(each, CardPresented)),
            counters=device.counters,
            faults=(*faults, device.fault),
            logged=tuple(line["event"] for line in logs),
        )

    def _acts(self, move: Move) -> Iterator[Act]:
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
                data = self._noise(random.Random(7), int(for_s / self._byte_s))  # noqa: S311 - noise
                yield Sends(data, 64)
            case Pause(for_s=for_s):
                yield Silent(for_s)
            case Gone(looks=looks):
                yield Vanishes()
                yield Absent(looks)
            case Denied(looks=looks):
                yield Vanishes()
                yield Refuses(looks)
            case ClockJump(by_s=by_s):
                yield Sleeps(by_s)

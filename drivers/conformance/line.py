"""A rig for drivers of serial lines: moves become bytes in a scripted world.

A device that only speaks is played by ``LineRig``; ``drivers.conformance.asked`` plays one that
wants to be asked.
"""

import random
from collections.abc import Callable, Iterator

from agent.core.tokens import Token
from drivers.conformance.moves import Flood, Half, Lay, Noise, Pause, Rest, Shown, Together
from drivers.conformance.played import PlayedRig
from drivers.device import DriverOptions, Place, Tell
from drivers.line import LineDevice
from drivers.serial_driver import SerialDriver
from drivers.virtual.world import Act, Answers, ScriptedWorld, Sends, Silent

__all__ = ["LineRig", "Noises", "ScriptedRig"]

_REPEAT_S = 0.05

Noises = Callable[[random.Random, int], bytes]


class ScriptedRig(PlayedRig[Sends | Answers]):
    """Plays moves on a driver of a serial line; a subclass makes acts of them.

    ``noise`` makes bytes of which none are a card; by default any bytes, from a fixed seed.
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

    def _made(
        self, acts: list[Act], look: Callable[[], object], tell: Tell
    ) -> tuple[ScriptedWorld, LineDevice]:
        world = ScriptedWorld(acts, byte_s=self._byte_s, look=look, answer=self._answer)
        place = Place(name="front", port="/dev/front")
        return world, self._driver.make(place, self._options, tell, world)

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

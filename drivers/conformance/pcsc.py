"""A rig for readers of PC/SC: moves become cards in a scripted service."""

import random
from collections.abc import Callable, Iterator
from typing import Literal

from agent.core.tokens import Token
from drivers.conformance.moves import (
    Flood,
    Half,
    Lay,
    Noise,
    NotApplicable,
    Pause,
    Rest,
    Shown,
    Together,
)
from drivers.conformance.played import PlayedRig
from drivers.device import DriverOptions, Place, Tell
from drivers.pcsc.device import PcscDevice
from drivers.pcsc.driver import PcscDriver
from drivers.virtual.cards import VirtualCard
from drivers.virtual.pcsc_world import READER, Lies, PcscAct, ScriptedPcsc, Stirs, Taken
from drivers.virtual.world import Silent

__all__ = ["PcscRig"]

_REPEAT_S = 0.05
_NOISE_EVERY_S = 0.5


class _Noise:
    """A card whose answers mean nothing."""

    def __init__(self, atr: bytes, dice: random.Random) -> None:
        self.atr, self._dice = atr, dice

    def answer(self, apdu: bytes) -> bytes:  # noqa: ARG002 - the same to all
        return self._dice.randbytes(self._dice.randrange(20))

    def reset(self) -> None:
        pass


class PcscRig(PlayedRig[Lies | Taken | Stirs]):
    """Plays moves on a driver of PC/SC readers.

    ``card`` answers a card of that number, ``token`` what it is known by. ``gone`` is what goes
    where a cable is pulled: the reader, or pcscd.
    """

    rests = True

    def __init__(
        self,
        driver: PcscDriver,
        card: Callable[[int], VirtualCard],
        token: Callable[[int], Token],
        *,
        options: DriverOptions | None = None,
        gone: Literal["reader", "service"] = "reader",
    ) -> None:
        self.token = token
        self._driver, self._card, self._gone = driver, card, gone
        self._options = driver.options() if options is None else options

    def _made(
        self, acts: list[PcscAct], look: Callable[[], object], tell: Tell
    ) -> tuple[ScriptedPcsc, PcscDevice]:
        world = ScriptedPcsc(acts, gone=self._gone, look=look)
        place = Place(name="front", port=READER)
        return world, self._driver.make(place, self._options, tell, world)

    def _acts(
        self,
        move: Shown,
        heard: Callable[[], int],  # noqa: ARG002 - a card lies until it was read
    ) -> Iterator[PcscAct]:
        match move:
            case Pause(for_s=for_s):
                yield Taken()
                yield Silent(for_s)
            case Lay(card=card, at_once=None):
                yield Lies(self._card(card))
            case Lay():
                raise NotApplicable("an answer of PC/SC comes whole or not at all")
            case Together():
                raise NotApplicable("PC/SC names one card of a reader at a time")
            case Rest(card=card, repeats=repeats):
                yield Lies(self._card(card))
                for _ in range(repeats):
                    yield Stirs()
                    yield Silent(_REPEAT_S)
            case Flood(cards=cards):
                for card in range(cards):
                    yield Lies(self._card(card))
            case Half(card=card):
                yield Lies(self._card(card), commands=1)
            case Noise(for_s=for_s):
                dice = random.Random(7)  # noqa: S311 - noise
                for _ in range(int(for_s / _NOISE_EVERY_S)):
                    yield Lies(_Noise(self._card(0).atr, dice))
                    yield Silent(_NOISE_EVERY_S)

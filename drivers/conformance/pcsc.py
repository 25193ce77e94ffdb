"""A rig for readers of PC/SC: moves become cards in a scripted service."""

import random
from collections.abc import Callable, Iterator
from typing import Literal

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
    NotApplicable,
    Pause,
    Rest,
    Seen,
    Shown,
    Stops,
    Together,
)
from drivers.device import CardPresented, DeviceEvent, DriverOptions, Place
from drivers.pcsc.driver import PcscDriver
from drivers.virtual.cards import VirtualCard
from drivers.virtual.pcsc_world import READER, Lies, PcscAct, ScriptedPcsc, Stirs, Taken
from drivers.virtual.world import Absent, Does, Looks, Refuses, Silent, Sleeps, Vanishes

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


class PcscRig:
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

    def play(self, *moves: Move) -> Seen:
        """Make the moves on a device of its own. Raises NotApplicable."""
        told: list[DeviceEvent] = []
        faults: list[str | None] = []
        self._busy_s = 0.0

        def tell(event: DeviceEvent) -> None:
            told.append(event)
            world.take(self._busy_s)

        acts = [act for move in moves for act in (*self._acts(move, lambda: world), Looks())]
        if moves and isinstance(acts[0], Vanishes):  # nothing was there yet
            del acts[0]
        world = ScriptedPcsc(acts, gone=self._gone, look=lambda: faults.append(device.fault))
        place = Place(name="front", port=READER)
        device = self._driver.make(place, self._options, tell, world)
        faults.append(device.fault)
        with capture_logs() as logs:
            device.run()
        return Seen(
            told=tuple(each.token for each in told if isinstance(each, CardPresented)),
            counters=device.counters,
            faults=(*faults, device.fault),
            logged=tuple(line["event"] for line in logs),
            held=world.held,
        )

    def _acts(self, move: Move, world: Callable[[], ScriptedPcsc]) -> Iterator[PcscAct]:
        match move:
            case Gone(looks=looks):
                yield Vanishes()
                yield Absent(looks)
            case Denied(looks=looks):
                yield Vanishes()
                yield Refuses(looks)
            case ClockJump(by_s=by_s):
                yield Sleeps(by_s)
            case Busy(for_s=for_s):
                yield Does(lambda: setattr(self, "_busy_s", for_s))
            case Stops():
                yield Does(lambda: world().end())
            case _:
                yield from self._laid(move)

    def _laid(self, move: Shown) -> Iterator[PcscAct]:
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

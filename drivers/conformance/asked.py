"""A rig for devices on a serial line that want to be asked: moves lay cards on a virtual device."""

import random
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from agent.core.tokens import Token
from drivers.conformance.line import Noises, ScriptedRig
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
from drivers.device import DriverOptions
from drivers.serial_driver import SerialDriver
from drivers.virtual.world import Absent, Act, Answers, Does, Refuses, Silent

__all__ = ["AskedRig", "VirtualDevice"]

_REPEAT_S = 0.05
_AT_MOST_S = 5.0
"""No card takes longer to be told, the chip's bring-up and a rest after noise included."""

Card = TypeVar("Card")
Card_contra = TypeVar("Card_contra", contravariant=True)


class VirtualDevice(Protocol[Card_contra]):
    """A device that answers what it is asked, as a state machine."""

    def feed(self, data: bytes) -> bytes:
        """Take what the host sends, and answer what the device says."""
        ...

    def lay(self, card: Card_contra) -> None:
        """Lay a card beside those that lie there."""
        ...

    def take(self, card: Card_contra) -> None:
        """Take a card away."""
        ...

    def restart(self) -> None:
        """Lose power and have it again."""
        ...


class AskedRig(ScriptedRig, Generic[Card]):
    """Plays moves on a device that is asked which cards lie on it.

    ``card`` answers card number N as it is laid, ``token`` what it is known by, ``number`` what the
    device says of it. ``at_once`` is how many cards the device names in one answer.
    """

    def __init__(
        self,
        driver: SerialDriver,
        device: VirtualDevice[Card],
        card: Callable[[int], Card],
        token: Callable[[int], Token],
        *,
        number: Callable[[Card], bytes],
        at_once: int = 1,
        options: DriverOptions | None = None,
        noise: Noises = random.Random.randbytes,
    ) -> None:
        super().__init__(driver, token, options=options, noise=noise)
        self._device, self._card, self._number, self._at_once = device, card, number, at_once
        self._lying: list[Card] = []
        self._heard_before = 0

    def _answer(self, data: bytes) -> bytes:
        return self._device.feed(data)

    def _acts(self, move: Shown, heard: Callable[[], int]) -> Iterator[Act]:
        match move:
            case Lay(card=card, at_once=at_once):
                yield from self._show((card,), heard, at_once)
            case Together(cards=cards) if len(cards) <= self._at_once:
                yield from self._show(cards, heard)
            case Together():
                raise NotApplicable(f"it names {self._at_once} card at each look")
            case Rest(card=card, repeats=repeats):
                yield Does(lambda: self._lay(card))
                yield Silent(repeats * _REPEAT_S)
            case Flood(cards=cards):
                for each in range(cards):
                    yield from self._show((each,), heard)
            case Half(card=card):
                yield Does(lambda: self._lay(card))
                yield Answers(_AT_MOST_S, cut=self._number(self._card(card)))
                yield Does(self._take_all)
            case Noise(for_s=for_s):
                yield self._noise_for(for_s)
            case Pause(for_s=for_s):
                yield Does(self._take_all)
                yield Silent(for_s)

    def _show(
        self, cards: tuple[int, ...], heard: Callable[[], int], at_once: int | None = None
    ) -> Iterator[Act]:
        """Lay cards until the device took notice of all of them, and take them away."""

        def lay() -> None:
            self._heard_before = heard()
            self._lay(*cards)

        def noticed() -> bool:
            return heard() >= self._heard_before + len(cards)

        yield Does(lay)
        yield Answers(_AT_MOST_S, until=noticed, at_once=at_once)
        yield Does(self._take_all)

    def _away(self, missing: Absent | Refuses) -> Iterator[Act]:
        yield from super()._away(missing)
        yield Does(self._device.restart)

    def _lay(self, *cards: int) -> None:
        self._take_all()
        for card in cards:
            self._lying.append(self._card(card))
            self._device.lay(self._lying[-1])

    def _take_all(self) -> None:
        while self._lying:
            self._device.take(self._lying.pop())

"""A serial line as a wire: a clock at one end and another at the other, sampled 16 times a bit.

Written apart from the doctor's own model, in another way: time runs in picoseconds, clocks are off
by a part of a hundred, and a start bit is looked at as a UART does, every sixteenth of a bit.
"""

import random
from collections.abc import Iterable

__all__ = ["at_another_rate"]

_SECOND = 10**12


def at_another_rate(
    frames: Iterable[bytes],
    *,
    spoken: int,
    heard: int,
    seed: int = 1,
    pause_s: float = 0.06,
    resynchronises: bool = True,
) -> bytes:
    """Answer what a receiver at ``heard`` baud takes of frames sent 8N1 at ``spoken`` baud."""
    dice = random.Random(seed)  # noqa: S311 - the same line each time
    bit = int(_SECOND / spoken * (1 + dice.uniform(-0.01, 0.01)))
    falls, rises = _edges(frames, bit, int(pause_s * _SECOND), dice)
    return bytes(_received(_Wire(falls, rises), _SECOND // heard // 16, resynchronises))


def _edges(
    frames: Iterable[bytes], bit: int, pause: int, dice: random.Random
) -> tuple[list[int], list[int]]:
    now, falls, rises = 10 * bit, [], []
    for frame in frames:
        for byte in frame:
            level = 1
            for place in (0, *((byte >> shift) & 1 for shift in range(8)), 1):
                if place != level:
                    (rises if place else falls).append(now)
                    level = place
                now += bit
            now += dice.randrange(3) * bit // 7  # no sender is quite even
        now += pause
    return falls, [*rises, now]


class _Wire:
    """The level at a moment, asked in the order of time."""

    def __init__(self, falls: list[int], rises: list[int]) -> None:
        self._pieces = list(zip(falls, rises, strict=False))
        self._at = 0
        self.end = rises[-1]

    def is_low(self, moment: int) -> bool:
        while self._at < len(self._pieces) and self._pieces[self._at][1] <= moment:
            self._at += 1
        return self._at < len(self._pieces) and self._pieces[self._at][0] <= moment

    def next_fall(self, moment: int) -> int | None:
        self.is_low(moment)
        return next((fall for fall, _ in self._pieces[self._at :][:2] if fall >= moment), None)

    def rise_after(self, moment: int) -> int:
        return self._pieces[self._at][1] if self.is_low(moment) else moment


def _received(wire: _Wire, tick: int, resynchronises: bool) -> Iterable[int]:
    fall = wire.next_fall(0)
    while fall is not None:
        start = -(-fall // tick) * tick  # seen at the receiver's next tick
        if not wire.is_low(start + 8 * tick):
            fall = wire.next_fall(start + 8 * tick)
            continue
        while True:
            yield sum(
                (not wire.is_low(start + (24 + 16 * place) * tick)) << place for place in range(8)
            )
            stop = start + 152 * tick
            if resynchronises or not wire.is_low(stop):
                break
            start += 144 * tick
            if start > wire.end:
                return
        fall = wire.next_fall(wire.rise_after(stop))

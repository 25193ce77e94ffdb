"""Whether a line is spoken at another speed than it is listened to: statistics of its garbage.

What a device says has few different bytes: a reader's frames are hexadecimal digits between two
control characters. At another speed each of these becomes a few others, and which and how often can
be worked out (``uart.py``). So each usual speed foretells how often each byte is heard, and so does
noise, in which all are alike; the bytes of a line are most likely under one of them.

Counted are bytes and not their order, with a little room for what no model foretells. Where two
speeds foretell nearly the same, as those do that are spoken far slower than they are listened to
and sound like zeros, the line is at the wrong speed in any case and none is suggested.
"""

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agent.core.tokens import Token
from agent.doctor.uart import heard, levels
from drivers.readers import em4100, wiegand

__all__ = ["USUAL_RATES", "Verdict", "judge_line"]

USUAL_RATES = (2400, 4800, 9600, 19200, 38400, 57600, 115200)

Kind = Literal["silent", "fine", "noisy", "wrong_baud", "noise", "unreadable", "too_little"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a line's bytes are. ``likely_baud`` is the speed at which it seems to be spoken.

    ``noisy`` has frames among what is none, ``noise`` has none; ``unreadable`` is at the right
    speed and still no frame: another driver's, or other settings.
    """

    kind: Kind
    likely_baud: int | None = None


_TURNS = 30
_ENOUGH_BYTES = 3_000
_FEWEST = 8
"""Fewer bytes than these are a plug that was moved: nothing can be told from them."""

_ROOM = 0.1
"""How much of what is heard no model foretells."""

_TORN = 2
"""So many frames beside each that was read may be torn, as where a card is moved."""

_SURE = 7.0
"""By how much, as a logarithm, a speed must be likelier: a thousand times."""

_APART = 0.15
"""By how much for each byte a speed must be likelier than the next one to be suggested."""

_SLOWEST = 8
"""What is spoken more times slower than this is heard as zeros, at whatever speed."""

_DIVERSE = 0.8
"""Which part of the different bytes of noise there must be at least."""

_NOISE: tuple[float, ...] = (-math.log(256),) * 256


def judge_line(data: bytes, *, driver: str, baud: int, read: int, refused: int) -> Verdict:
    """Judge what was heard of a line in some seconds, by a driver's way to speak.

    ``read`` and ``refused`` are how many frames its parser took from the same bytes, and did not.
    """
    if not data:
        return Verdict(kind="silent")
    if read:
        return Verdict(kind="fine" if refused <= _TORN * read + 1 else "noisy")
    if len(data) < _FEWEST:
        return Verdict(kind="fine" if not refused else "too_little")
    counted = Counter(data)
    rates = sorted({*USUAL_RATES, baud})
    by_rate = {rate: _likelihood(counted, _foretold(driver, rate / baud)) for rate in rates}
    noise = _likelihood(counted, _NOISE)
    own = by_rate.pop(baud)
    best, second = sorted(by_rate, key=lambda rate: by_rate[rate], reverse=True)[:2]
    if max(by_rate[best], noise) < own + _SURE:
        return Verdict(kind="unreadable")
    if by_rate[best] < noise + _SURE and _is_diverse(data):
        return Verdict(kind="noise")
    apart = max(_SURE, _APART * len(data))
    told = by_rate[best] > max(by_rate[second], noise) + apart
    told = told and any(data) and best * _SLOWEST >= baud
    return Verdict(kind="wrong_baud", likely_baud=best if told else None)


def _is_diverse(data: bytes) -> bool:
    """Say whether bytes are as different as noise: a device repeats itself at any speed."""
    different = 256 * (1 - (255 / 256) ** len(data))
    return len(set(data)) > _DIVERSE * different


def _likelihood(counted: Counter[int], foretold: tuple[float, ...]) -> float:
    return sum(times * foretold[byte] for byte, times in counted.items())


@lru_cache(maxsize=64)
def _foretold(driver: str, times_faster: float) -> tuple[float, ...]:
    """Answer the logarithm of how likely each byte is on a line spoken so many times faster.

    Costs up to a tenth of a second for each driver and speed.
    """
    speak = _SPOKEN.get(driver, _text)
    dice = random.Random(driver)  # noqa: S311 - the same frames each time, and no secret
    gaps = (dice.randrange(4) for _ in iter(int, 1))
    found: Counter[int] = Counter()
    for turn in range(_TURNS):
        frames = [speak(dice) for _ in range(10)]
        line = levels(frames, pause_bits=20 * max(1.0, times_faster), gaps=gaps)
        pace = times_faster * dice.uniform(0.98, 1.02)  # clocks are off by a part of a hundred
        found.update(heard(line, pace=pace, waits_for_rest=turn % 2 == 0))
        if found.total() > _ENOUGH_BYTES:
            break
    every = found.total() or 1
    return tuple(math.log((1 - _ROOM) * found[byte] / every + _ROOM / 256) for byte in range(256))


def _em4100(dice: random.Random) -> bytes:
    token = Token("em4100", f"{dice.getrandbits(32):010X}")
    return em4100.frame(token, line_end=dice.random() < 1 / 2)


def _wiegand(dice: random.Random) -> bytes:
    token = Token("wiegand", f"{dice.randrange(256)}-{dice.randrange(65_536)}")
    return wiegand.line_of(token) if dice.random() < 2 / 3 else wiegand.bits_of(token)


def _barcode(dice: random.Random) -> bytes:
    digits = f"{dice.randrange(10**13):013}".encode()
    return dice.choice([b"", b"", b"]E0", b"]C1"]) + digits + dice.choice([b"\r", b"\r\n", b"\n"])


def _text(dice: random.Random) -> bytes:
    return bytes(dice.randrange(0x20, 0x7F) for _ in range(16)) + b"\r\n"


_SPOKEN: dict[str, Callable[[random.Random], bytes]] = {
    "em4100": _em4100,
    "wiegand": _wiegand,
    "barcode": _barcode,
}
"""What drivers that speak unasked say; others are taken for lines of text."""

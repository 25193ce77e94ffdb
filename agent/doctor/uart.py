"""What a serial line sounds like to one who listens at another speed than it is spoken.

A byte goes over the line as a low start bit, eight bits from the lowest on, and a high stop bit;
between bytes the line is high. The listener waits for it to fall and then looks at the middle of
each bit, by its own clock. Where its clock is another, it takes other bits for bytes, and where it
finds the line low in place of a stop bit, it hands the byte out all the same: so does Linux in raw
mode.

>>> from itertools import repeat
>>> line = levels([b"8"], pause_bits=20, gaps=repeat(0))
>>> heard(line, pace=1.0)
b'8'
>>> heard(line, pace=0.5)  # twice as fast as it is spoken: each bit is two
b'\\x80\\xf8'
"""

from collections.abc import Iterable, Iterator

__all__ = ["EIGHTHS", "heard", "levels"]

EIGHTHS = 8

_BITS = 10  # 8N1: start bit, eight data bits, stop bit
_HALF = 0.5
_LEVEL = (b"\x00" * EIGHTHS, b"\x01" * EIGHTHS)


def levels(frames: Iterable[bytes], *, pause_bits: float, gaps: Iterator[int]) -> bytes:
    """Answer the line's levels, a byte of 0 or 1 for each eighth of a bit.

    After each frame comes silence, and after each byte as many eighths as ``gaps`` says next: no
    sender is quite even.
    """
    pause = b"\x01" * int(pause_bits * EIGHTHS)
    line = bytearray(pause)
    for frame in frames:
        for byte in frame:
            for bit in (0, *(byte >> place & 1 for place in range(8)), 1):
                line += _LEVEL[bit]
            line += b"\x01" * next(gaps)
        line += pause
    return bytes(line)


def heard(line: bytes, *, pace: float, waits_for_rest: bool = True) -> bytes:
    """Answer the bytes that a listener takes from a line. Linear in the line and in the answer.

    ``pace`` is the length of the listener's bit in bits of the line: below 1 it listens faster than
    is spoken. After a stop bit that was low some chips wait until the line has been high
    (``waits_for_rest``); others take that low for the next start bit, as a 16550 does.
    """
    taken = bytearray()
    pace *= EIGHTHS
    start = float(line.find(0))
    while start >= 0:
        looks = [int(start + (place + _HALF) * pace) for place in range(_BITS)]
        if looks[-1] >= len(line):
            break
        if line[looks[0]] == 0:
            taken.append(sum(line[look] << place for place, look in enumerate(looks[1:9])))
        else:
            start = float(line.find(0, looks[0]))  # too short a fall to be a start bit
            continue
        stop = looks[-1]
        if line[stop] == 0 and not waits_for_rest:
            start += (_BITS - 1) * pace
            continue
        rest = line.find(1, stop)
        start = float(line.find(0, rest)) if rest >= 0 else -1.0
    return bytes(taken)

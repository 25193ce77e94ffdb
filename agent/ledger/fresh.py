"""The newest entries, in memory beside the disk: who sends them on, and compares what is said of
them, asks no other thread for what was committed a moment ago.

>>> fresh = Fresh(most=2)
>>> fresh.grew([(Position(epoch=1, seq=seq, hash=bytes([seq])), b"%d" % seq) for seq in (1, 2, 3)])
>>> fresh.after((1, 1), at_most=9)
[b'2', b'3']
>>> print(fresh.after((1, 0), at_most=9), fresh.after((1, 3), at_most=9))
None None
>>> print(fresh.hash_at(1, 3), fresh.hash_at(1, 1))
b'\\x03' None
"""

from bisect import bisect_left
from collections.abc import Iterable

from agent.core.entry import Position

__all__ = ["Fresh"]

_MOST = 256
_MOST_BYTES = 1 << 20

_Kept = tuple[Position, bytes]


class Fresh:
    """What is asked of it is answered, or None: then the disk is to be asked.

    One thread tells it what was committed, in order; any thread may ask.
    """

    def __init__(self, *, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._run: tuple[_Kept, ...] = ()

    def grew(self, entries: Iterable[_Kept]) -> None:
        """Note what was committed: places and canonical bytes."""
        new = tuple(entries)
        run = self._run + new
        self._bytes += sum(len(canonical) for _, canonical in new)
        dropped = 0
        while len(run) - dropped > self._most or self._bytes > self._most_bytes:
            self._bytes -= len(run[dropped][1])
            dropped += 1
        self._run = run[dropped:]  # in place of the old one, which somebody may go through

    def after(self, place: tuple[int, int], *, at_most: int) -> list[bytes] | None:
        """Answer the canonical bytes of the entries after (epoch, seq), where they begin here."""
        run = self._run
        at = _find(run, (place[0], place[1] + 1))
        return None if at is None else [canonical for _, canonical in run[at : at + at_most]]

    def hash_at(self, epoch: int, seq: int) -> bytes | None:
        """Answer the chain's hash after an entry."""
        run = self._run
        at = _find(run, (epoch, seq))
        return None if at is None else run[at][0].hash


def _find(run: tuple[_Kept, ...], place: tuple[int, int]) -> int | None:
    at = bisect_left(run, place, key=lambda kept: kept[0].place)
    return at if at < len(run) and run[at][0].place == place else None

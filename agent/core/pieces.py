"""Which piece of a basket each thing is that points bought: of those it can be, the cheapest.

Two things may want the same piece, and one of them may do with another. So pieces are given out
from the cheapest on, each to a thing that can be it, which lets another thing have the one it had:
that finds the pieces that cost least in all, whatever the order of the things.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from agent.core.basket import Line
from agent.core.program.parts import Lines

__all__ = ["cheapest_pieces"]


class _Piece(NamedTuple):
    minor: int
    line: int
    takers: tuple[int, ...]
    """The things that it can be."""


def cheapest_pieces(
    lines: Sequence[Line], rules: Sequence[Lines], own: int
) -> dict[int, int] | None:
    """Give each thing of ``rules`` a piece; answers the money that is taken of lines, by index.

    ``own`` things are not among the lines, and may be any. None where a thing has no piece. Costs a
    look at each line for each thing, and the square of the number of things for each piece.
    """
    anything = tuple(range(len(rules)))
    pieces = [_Piece(0, -1, anything)] * min(own, len(rules)) + _pieces(lines, rules)
    owned: dict[int, _Piece] = {}
    for piece in pieces:
        if len(owned) == len(rules):
            break
        _give(piece, owned, set())
    if len(owned) < len(rules):
        return None
    taken: Counter[int] = Counter()
    for piece in owned.values():
        taken[piece.line] += piece.minor
    return dict(taken)


def _pieces(lines: Sequence[Line], rules: Sequence[Lines]) -> list[_Piece]:
    """List the pieces from the cheapest on; of those for the same things as many as there are."""
    found = []
    for index, line in enumerate(lines):
        takers = tuple([thing for thing, rule in enumerate(rules) if rule.takes(line)])
        if not takers or line.amount_minor < 0:
            continue
        count = max(1, int(line.quantity.partition(".")[0]))
        piece = _Piece(-(-line.amount_minor // count), index, takers)
        found += [piece] * min(count, len(takers))
    found.sort(key=lambda each: each.minor)
    seen: Counter[tuple[int, ...]] = Counter()
    kept = []
    for piece in found:
        seen[piece.takers] += 1
        if seen[piece.takers] <= len(piece.takers):
            kept.append(piece)
    return kept


def _give(piece: _Piece, owned: dict[int, _Piece], asked: set[int]) -> bool:
    """Give a piece to a thing that has none, or whose own one another thing can have."""
    for thing in piece.takers:
        if thing in asked:
            continue
        asked.add(thing)
        if thing not in owned or _give(owned[thing], owned, asked):
            owned[thing] = piece
            return True
    return False

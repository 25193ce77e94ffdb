"""Paper: a text laid out in the columns of a receipt printer.

A character takes the columns that a printer gives it: two for what East Asian fonts draw wide, none
for what is drawn over the character before it, one for every other, by Python's own tables. What
they call ambiguous takes one, as in every Western code page. A sequence that screens draw as one
picture is measured by its parts: a printer draws those, and a line never comes out too long.

>>> wrapped("Double points on fresh fruit", 16)
['Double points on', 'fresh fruit']
>>> row("Points balance", 120, 32)
['Points balance               120']
"""

import re
from collections.abc import Iterator
from itertools import accumulate, takewhile
from unicodedata import category, east_asian_width

__all__ = ["columns", "row", "wrapped"]

_NO_COLUMN = ("Mn", "Me", "Cf")
_SPACE = re.compile(r"[^\S\u00a0\u202f]+")  # what holds a number together is no place to break
_PARTS = re.compile(r"\d+(?:[.,:/\u00a0\u202f-]\d+)*|.")


def columns(text: str) -> int:
    """Answer how many columns a text takes."""
    if text.isascii():  # nearly every text, and one column for each character
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if category(character) in _NO_COLUMN:
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most ``width`` columns: at spaces, or else beside a number.

    A number is broken only where it is wider than a whole line; nothing is left out but spaces.
    """
    lines = [""]
    for word in _SPACE.split(text.strip()):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= width:
            lines[-1] = joined
            continue
        broken = list(_broken(word, width))
        lines[-1:] = [lines[-1], *broken] if lines[-1] else broken
    return [line for line in lines if line]


def _broken(word: str, width: int) -> Iterator[str]:
    """Break one word into lines, beside its numbers."""
    line = ""
    for part in _PARTS.findall(word):
        if line and columns(line + part) > width:
            yield line
            line = ""
        rest = line + part
        while columns(rest) > width:
            kept = sum(1 for _ in takewhile(lambda taken: taken <= width, _taken(rest)))
            yield rest[:kept]
            rest = rest[kept:]
        line = rest
    yield line


def _taken(text: str) -> Iterator[int]:
    return accumulate(_columns_of(character) for character in text)


def row(label: str, number: int, width: int, *, indent: str = "") -> list[str]:
    """Lay a label out with its number to the right of its last line, under a column of its own."""
    figures = str(number)
    room = width - len(indent) - len(figures) - 1
    *before, last = [indent + line for line in wrapped(label, room)] or [indent]
    return [*before, last + " " * (width - columns(last) - len(figures)) + figures]

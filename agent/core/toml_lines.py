"""On which line of a TOML text each of its keys, tables and list items stands.

``tomllib`` gives no positions, and neither does tomlkit (its issue 55). This finds them in a text
that ``tomllib`` has read without complaint, and may therefore be simple: it judges nothing, and
knows only where keys and values begin and end.

>>> lines = Lines.of('name = "x"\\n[[earn]]\\nid = "base"\\n')
>>> lines.at(("earn", 0, "id")), lines.at(("earn", 0, "points")), lines.at(("version",))
(3, 2, 1)
"""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["Lines"]

_Place = tuple[int | str, ...]

_BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
"""What may stand between two values, keys or tables, the commas of lists among it."""

_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_SCALAR = re.compile(
    r'"{3}(?:\\.|[^\\])*?"{3,5}'
    r"|'{3}.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|[^,\]}#\n]+",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The lines, from 1, by the place in the document: keys, and places in lists from 0."""

    known: dict[_Place, int]

    @classmethod
    def of(cls, text: str) -> "Lines":
        """Find the lines of a text that is TOML. Costs one pass over it."""
        return cls(known=_Reader(text).read())

    def at(self, place: _Place) -> int:
        """Answer a place's line, or that of what it would stand in; 1 for the document's own."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.known:
                return self.known[place[:end]]
        return 1


class _Reader:
    """Goes through the text once and notes where each place begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._tables: dict[_Place, int] = {}
        self._known: dict[_Place, int] = {}

    def read(self) -> dict[_Place, int]:
        table: _Place = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self._known

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found is not None  # noqa: S101 - it matches nothing, too
        self._at = found.end()

    def _note(self, place: _Place) -> None:
        for end in range(1, len(place) + 1):
            self._known.setdefault(place[:end], bisect_right(self._ends, self._at - 1) + 1)

    def _header(self) -> _Place:
        """Read ``[table]`` or ``[[table]]`` and answer its place."""
        several = self._text.startswith("[[", self._at)
        began, self._at = self._at, self._at + (2 if several else 1)
        *above, last = self._keys()
        end, self._at = self._at, began  # the line is that of its bracket
        place: _Place = ()
        for key in above:
            place = (*place, key)
            if place in self._tables:
                place = (*place, self._tables[place])
        place = (*place, last)
        if several:
            self._tables[place] = self._tables.get(place, -1) + 1
            place = (*place, self._tables[place])
        self._note(place)
        self._at = end + (2 if several else 1)
        return place

    def _keys(self) -> list[str]:
        """Read a key of one or more parts with dots between them."""
        keys = []
        while True:
            found = _KEY.match(self._text, self._at)
            assert found is not None  # noqa: S101 - tomllib read a key here
            raw = found[1]
            keys.append(tomllib.loads(f"key = {raw}")["key"] if raw[0] in "\"'" else raw)
            self._at = found.end()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _pair(self, table: _Place) -> None:
        place = (*table, *self._keys())
        self._note(place)  # no key goes on over a line
        self._at += 1  # the equals sign
        self._value(place)

    def _value(self, place: _Place) -> None:
        while self._text[self._at] in " \t":
            self._at += 1
        opening = self._text[self._at]
        if opening not in "[{":
            found = _SCALAR.match(self._text, self._at)
            assert found is not None  # noqa: S101 - tomllib read a value here
            self._at = found.end()
            return
        self._at += 1
        index = 0
        self._skip()
        while self._text[self._at] not in "]}":
            if opening == "{":
                self._pair(place)
            else:
                self._note((*place, index))
                self._value((*place, index))
                index += 1
            self._skip()
        self._at += 1

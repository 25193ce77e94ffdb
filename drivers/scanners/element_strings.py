r"""GS1 element strings: application identifiers (AI) and their values, as a symbol holds them.

>>> sorted(element_strings("010590123412345710AB1\x1d21XYZ").items())
[('01', '05901234123457'), ('10', 'AB1'), ('21', 'XYZ')]
>>> is_identifier("17"), is_element("17", "261231"), is_element("17", "2612")
(True, True, False)

Which AIs there are and what their values look like is biip's table (GS1 General Specifications,
section 3.2). The walk through a scan is our own: biip takes each piece for a date, a company and a
weight as well, which is fifty times the work, and it forgives an element that is longer than its AI
allows. Check digits are the caller's to verify.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

__all__ = ["GROUP_SEPARATOR", "element_strings", "is_element", "is_identifier"]

GROUP_SEPARATOR = "\x1d"
"""What scanners send for FNC1 behind an element of no fixed length (section 7.8.3)."""

_LONGEST_IDENTIFIER = 4


class _Identifier(NamedTuple):
    name: str
    element: re.Pattern[str]  # the whole element, AI and value
    needs_separator: bool


def element_strings(text: str) -> dict[str, str] | None:
    """Read the data of one GS1 symbol, without its AIM id; None where it breaks the rules.

    No two values of one AI may contradict each other (section 4.13).
    """
    found: dict[str, str] = {}
    at = 1 if text.startswith(GROUP_SEPARATOR) else 0
    while at < len(text):
        identifier = _identifier(text[at : at + _LONGEST_IDENTIFIER])
        if identifier is None:
            return None
        element = identifier.element.match(text, at)
        if element is None:
            return None
        at = element.end()
        value = element.group()[len(identifier.name) :]
        if not value or found.setdefault(identifier.name, value) != value:
            return None
        if text.startswith(GROUP_SEPARATOR, at):
            at += 1
        elif identifier.needs_separator and at < len(text):
            return None
    return found or None


def is_identifier(name: str) -> bool:
    """Say whether there is such an AI."""
    identifier = _identifier(name)
    return identifier is not None and identifier.name == name


def is_element(name: str, value: str) -> bool:
    """Say whether a value is one that an AI, which there is, may have."""
    identifier = _identifier(name)
    return identifier is not None and bool(value and identifier.element.fullmatch(name + value))


@lru_cache(maxsize=1024)
def _identifier(head: str) -> _Identifier | None:
    """The AI that a text of four characters begins with."""
    try:
        found = GS1ApplicationIdentifier.extract(head)
    except ParseError:
        return None
    pattern = re.compile(found.pattern.removeprefix("^").removesuffix("$"), re.ASCII)
    # Encoders forget FNC1 behind what has a fixed length all the same; the next AI is plain there.
    needs_separator = found.separator_required and ".." in found.format
    return _Identifier(found.ai, pattern, needs_separator)

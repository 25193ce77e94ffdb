r"""GS1 element strings: application identifiers (AI) and their values, in a scan or in a link.

>>> sorted(element_strings("010590123412345710AB1\x1d21XYZ").items())
[('01', '05901234123457'), ('10', 'AB1'), ('21', 'XYZ')]
>>> sorted(link_elements("https://shop.example.test/01/5901234123457/10/AB%2F1?17=261231").items())
[('01', '05901234123457'), ('10', 'AB/1'), ('17', '261231')]

Which AIs there are and what their values look like is biip's table (GS1 General Specifications,
section 3.2). The walk through a scan is our own: biip takes each piece for a date, a company and a
weight as well, which is fifty times the work, and it forgives an element that is longer than its AI
allows. Check digits are the caller's to verify.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

__all__ = ["GROUP_SEPARATOR", "element_strings", "link_elements"]

GROUP_SEPARATOR = "\x1d"
"""What scanners send for FNC1 behind an element of no fixed length (section 7.8.3)."""

_LONGEST_IDENTIFIER = 4
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_KEYS = re.compile(r"/(?:(01)/([0-9]{8}|[0-9]{12,14})|(801[78])/([0-9]{18}))(?=/|$)")
_PAIR = re.compile(r"(?:^|[&;])([0-9]{2,4})=([^&;]*)")


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


def link_elements(uri: str) -> dict[str, str] | None:
    """Read a GS1 Digital Link URI of any domain that names a product, a member or a provider.

    None for every other text (GS1 Digital Link Standard: URI Syntax 1.3, section 4: key and
    qualifiers in the path, other AIs in the query; a GTIN may be written with 8, 12 or 13 digits).
    """
    link = _LINK.fullmatch(uri.partition("#")[0])
    key = _KEYS.search(link[1]) if link is not None else None
    if link is None or key is None:
        return None
    found = {"01": key[2].zfill(14)} if key[1] else {key[3]: key[4]}
    qualifiers = link[1][key.end() + 1 :].split("/") if key.end() < len(link[1]) else []
    pairs = list(zip(qualifiers[::2], qualifiers[1::2], strict=False))
    if len(qualifiers) % 2 and qualifiers[-1]:  # an empty one is a slash at the end
        return None
    # In the query other programs' words may stand too; in the path they may not.
    queried = [pair for pair in _PAIR.findall(link[2] or "") if _named(pair[0])]
    for name, quoted in pairs + queried:
        value, identifier = unquote(quoted), _named(name)
        if identifier is None or not value or not identifier.element.fullmatch(name + value):
            return None
        if found.setdefault(name, value) != value:
            return None
    return found


def _named(name: str) -> _Identifier | None:
    identifier = _identifier(name)
    return identifier if identifier is not None and identifier.name == name else None


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

"""GS1 Digital Link: a web address that names a member, a product, a place (URI Syntax 1.4).

The address ends in pairs of application identifier (AI) and value, the key first; behind ``?``
stand more. What lies before the key is the shop's own. It means the same on a tag and in a barcode.

>>> elements_of("https://id.example.test/club/8018/061414112345678902?17=271231")
{'8018': '061414112345678902', '17': '271231'}
>>> elements_of("https://www.example.test/opening-hours") is None
True

The key's value stands here as it was written, so that its fault can be told; all other values are
such as their AI may have. The first versions also had words for some AIs (``gtin``, ``gsrn``),
which are no part of the standard any more: an address with them is a shop's own.
"""

import re
from urllib.parse import unquote

from drivers.scanners.element_strings import is_element, is_identifier

__all__ = ["LONGEST", "elements_of"]

LONGEST = 2_000
"""Characters of an address; nothing that a card or label carries is longer."""

_KEYS = frozenset(  # section 4.3
    {"00", "01", "253", "255", "401", "402", "414", "417"}
    | {"8003", "8004", "8006", "8010", "8013", "8017", "8018"}
)
_LINK = re.compile(
    r"https?://[^/?#\[\]]+(/[^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL
)
_QUERIED = re.compile(r"(?:^|[&;])([0-9]{2,4})=([^&;]*)")


def elements_of(uri: str) -> dict[str, str] | None:
    """Read an address as AIs with their values, the key first; nothing where it is no such link.

    No two values of one AI may contradict each other. Linear.
    """
    link = _LINK.fullmatch(uri) if len(uri) <= LONGEST else None
    if link is None:
        return None
    pairs = _pairs(link[1].removesuffix("/").split("/"))
    if pairs is None:
        return None
    # In the query other programs' words may stand too; in the path they may not.
    queried = _QUERIED.findall(link[2] or "")
    pairs += [(name, unquote(value)) for name, value in queried if is_identifier(name)]
    found = dict(pairs[:1])
    for name, value in pairs[1:]:
        if found.setdefault(name, value) != value or not is_element(name, found[name]):
            return None
    return found


def _pairs(segments: list[str]) -> list[tuple[str, str]] | None:
    """Read a path from its end on, as far back as the key."""
    pairs: list[tuple[str, str]] = []
    for place in range(len(segments) - 2, -1, -2):
        name = segments[place]
        if not is_identifier(name):
            return None
        pairs.append((name, unquote(segments[place + 1])))
        if name in _KEYS:
            return pairs[::-1]
    return None

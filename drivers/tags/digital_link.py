"""GS1 Digital Link: a web address that names a member, a product, a place (URI Syntax 1.4).

The address ends in pairs of application identifier and value, the key first; behind ``?`` stand
more. What lies before the key is the shop's own.

>>> elements_of("https://id.example.test/club/8018/061414112345678902?17=271231")
{'8018': '061414112345678902', '17': '271231'}
>>> elements_of("https://www.example.test/opening-hours") is None
True

The first version had words for the commonest identifiers, and they stay readable (1.1, section
5.3: ``gtin``, ``gsrn`` and so on).
"""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["LONGEST", "elements_of"]

LONGEST = 2_000
"""Characters of an address; nothing that a card or label carries is longer."""

_KEYS = frozenset(  # section 4.3
    {"00", "01", "253", "255", "401", "402", "414", "417"}
    | {"8003", "8004", "8006", "8010", "8013", "8017", "8018"}
)
_WORDS = {
    "gtin": "01", "cpv": "22", "lot": "10", "ser": "21",
    "gsrn": "8018", "gsrnp": "8017", "srin": "8019",
}  # fmt: skip
_IDENTIFIER = re.compile(r"[0-9]{2,4}")


def elements_of(uri: str) -> dict[str, str] | None:
    """Read an address as identifiers with their values, the key first; nothing where it is none."""
    if len(uri) > LONGEST:
        return None
    try:
        parts = urlsplit(uri)
        query = parse_qsl(parts.query, separator=";" if ";" in parts.query else "&")
    except ValueError:  # brackets that hold no address, for one
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    elements = _pairs(parts.path.removesuffix("/").split("/"))
    if elements is None:
        return None
    more = {name: value for name, value in query if _IDENTIFIER.fullmatch(name)}
    return {**elements, **{name: more[name] for name in more if name not in elements}}


def _pairs(segments: list[str]) -> dict[str, str] | None:
    """Read a path from its end on, as far back as the key."""
    pairs: list[tuple[str, str]] = []
    for place in range(len(segments) - 2, -1, -2):
        identifier = _WORDS.get(segments[place], segments[place])
        if not _IDENTIFIER.fullmatch(identifier):
            return None
        pairs.append((identifier, unquote(segments[place + 1])))
        if identifier in _KEYS:
            return dict(reversed(pairs))
    return None

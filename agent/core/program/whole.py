"""What holds a program together: what its rules name is declared, and no two things share a name.

It is looked for in the document as it was read, so that a wrong amount in one rule does not hide a
tier that is misspelt in another. What is not of its form is left to whoever reads the forms.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from agent.core.basket import REWARD
from agent.core.mistakes import Finding, Location, did_you_mean
from agent.core.phrases import ENGLISH

__all__ = ["FIRST_YEAR", "LAST_YEAR", "amiss_in"]

FIRST_YEAR, LAST_YEAR = 2000, 2199
"""The years that a program may speak of: beyond them somebody mistyped."""

Document = Mapping[str, Any]
_Named = Iterator[tuple[Location, str]]

_ABOUT_LINES = ("earn", "promotion", "discount", "reward", "stamp_card")
_WORDED = (*_ABOUT_LINES, "tiers.tier", "enrolment", "referral")
_DATED = ("promotion", "reward", "stamp_card")
_DAYS = ("effective_from", "first_day", "last_day", "starts_at", "ends_at")


def amiss_in(document: Document) -> Iterator[Finding]:
    """Find what does not hold together; of tables as TOML or as models write them out."""
    yield from _alike(document)
    yield from _undeclared(document)
    yield from _half_spoken(document)
    yield from _out_of_range(document)


def _tables(document: Document, *names: str) -> Iterator[tuple[Location, Document]]:
    """Go through the tables of these names, each with its place."""
    for name in names:
        within: Any = document
        place: Location = ()
        inner: Any = None
        for part in name.split("."):
            inner = within.get(part)
            place = (*place, part)
            within = inner if isinstance(inner, Mapping) else {}
        if isinstance(inner, Mapping):
            yield place, inner
        for index, each in enumerate(inner if isinstance(inner, list | tuple) else ()):
            if isinstance(each, Mapping):
                yield (*place, index), each


def _words(tables: Iterable[tuple[Location, Document]], *keys: str) -> _Named:
    """Go through the words in lists, and the keys of tables, that stand under these keys."""
    for place, table in tables:
        for key in keys:
            words = table.get(key)
            if isinstance(words, str):
                yield (*place, key), words
            elif isinstance(words, Mapping):
                yield from (((*place, key, word), str(word)) for word in words)
            elif isinstance(words, list | tuple | set | frozenset):
                listed = words if isinstance(words, list | tuple) else sorted(words)
                yield from (
                    ((*place, key, index), word)
                    for index, word in enumerate(listed)
                    if isinstance(word, str)
                )


def _alike(document: Document) -> Iterator[Finding]:
    for what, names in (
        ("rules", _tables(document, "earn", "promotion", "enrolment", "referral")),
        ("tiers", _tables(document, "tiers.tier")),
        ("rewards", _tables(document, "discount", "reward", "stamp_card")),
    ):
        yield from _twice(what, _words(names, "id"))
    yield from _twice("languages", _words([((), document)], "languages"))


def _twice(what: str, names: _Named) -> Iterator[Finding]:
    known = set()
    for place, name in names:
        if name in known:
            yield Finding(place, f"two {what} are called '{name}'", "give each a name of its own")
        known.add(name)


def _undeclared(document: Document) -> Iterator[Finding]:
    tiers = [name for _, name in _words(_tables(document, "tiers.tier"), "id")]
    named = _words(_tables(document, "earn"), "tiers", "tier_rates")
    yield from _missing("tier", named, tiers)
    yield from _missing("tier", _words(_tables(document, "promotion"), "tiers", "tier_days"), tiers)
    yield from _missing("tier", _words(_tables(document, "reward"), "tiers", "tier_days"), tiers)
    yield from _missing("tier", _words(_tables(document, "stamp_card"), "tiers"), tiers)
    yield from _missing("tier", _words(_tables(document, "expiry"), "never_tiers"), tiers)
    rules = [name for _, name in _words(_tables(document, "earn"), "id")]
    yield from _missing("earn rule", _words(_tables(document, "promotion"), "rules"), rules)
    known = [name for _, name in _words([((), document)], "categories")]
    if known:
        about = _tables(document, *_ABOUT_LINES)
        named = _words(about, "categories", "exclude_categories")
        yield from _missing("category", named, [*known, REWARD])


_DECLARED_IN = {
    "tier": "declare it with [[tiers.tier]]",
    "earn rule": "declare it with [[earn]]",
    "category": "add it to categories",
}


def _missing(what: str, names: _Named, known: list[str]) -> Iterator[Finding]:
    for place, name in names:
        if name not in known:
            meant = did_you_mean(name, known, cutoff=0.5).removeprefix("; ")
            fix = f"{meant} or else {_DECLARED_IN[what]}" if meant else _DECLARED_IN[what]
            yield Finding(place, f"nobody declared the {what} '{name}'", fix)


def _half_spoken(document: Document) -> Iterator[Finding]:
    """Find languages without phrases, and words of languages that are not listed.

    A lane that prints in a language must not stop at a word that nobody wrote.
    """
    listed = list(_words([((), document)], "languages")) or [(("languages",), ENGLISH)]
    spoken = list(_words([((), document)], "phrases"))
    for place, language in listed:
        if language != ENGLISH and language not in [name for _, name in spoken]:
            table = f"[phrases.{language}]"
            fix = f"write {table}, as config/programs/simple.toml has one for Spanish"
            yield Finding(place, f"'{language}' has no table {table}", fix)
    languages = [language for _, language in listed]
    yield from _unlisted(spoken, languages)
    # Each text is in the first language already.
    texts = _words(_tables(document, *_WORDED), "texts", "gives_texts")
    yield from _unlisted(texts, languages[1:])


def _unlisted(names: Iterable[tuple[Location, str]], listed: list[str]) -> Iterator[Finding]:
    for place, language in names:
        if language not in listed:
            known = ", ".join(listed) or "none"
            yield Finding(place, f"'{language}' cannot stand here", f"of languages, {known} can")


def _out_of_range(document: Document) -> Iterator[Finding]:
    for place, table in (((), document), *_tables(document, *_DATED)):
        for key in _DAYS:
            year = _year_of(table.get(key))
            if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
                fix = f"write a year from {FIRST_YEAR} to {LAST_YEAR}"
                yield Finding((*place, key), f"the year {year:04} is out of range", fix)


def _year_of(value: object) -> int | None:
    if isinstance(value, date):  # a moment is one, too
        return value.year
    if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-":
        return int(value[:4])
    return None

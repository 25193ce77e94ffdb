"""Mistakes in what came from outside, in words: a file's value or a field of a request.

Nobody at a till or in a back office reads regular expressions, or a library's own sentences. What
``in_words`` says never repeats what was given, which may hold a card number.

>>> in_words("string_pattern_mismatch", {"pattern": CURRENCY_FORM}, "String should match pattern")
'write the three capitals that ISO 4217 has for it, such as "USD"'
>>> in_words("less_than_equal", {"le": 500}, "Input should be less than or equal to 500")
'write 500 or less'
"""

import difflib
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from agent.core.basket import CURRENCY_FORM, QUANTITY_FORM
from agent.core.phrases import LANGUAGE_FORM
from agent.core.values import (
    BIRTHDAY_FORM,
    CODE_FORM,
    NO_CONTROL_CHARACTERS,
    POS_ID_FORM,
    RATE_FORM,
)

__all__ = [
    "IN_FORM",
    "QUOTED",
    "Amiss",
    "Finding",
    "Location",
    "did_you_mean",
    "in_words",
    "in_words_of_number",
    "keys_at",
    "model_in",
    "nearest",
]

Location = tuple[int | str, ...]
"""Where in a document something stands: keys, and places in lists."""


class Finding(NamedTuple):
    """Something wrong: where it stands, what it is, and what to do about it."""

    at: Location
    what: str
    fix: str

    @property
    def said(self) -> str:
        """Both in one line, or the one there is."""
        return f"{self.what}; {self.fix}" if self.what and self.fix else self.what or self.fix


class Amiss(ValueError):
    """What a model's own check found: every finding at its place below that model.

    Raised by validators; of a plain ValueError nobody could say which line it is about.
    """

    def __init__(self, *found: Finding) -> None:
        super().__init__("; ".join(each.said for each in found))
        self.found = found


_DAY = "there is no such day; write it as YYYY-MM-DD"
_MOMENT = "write it as RFC 3339 has it, with an offset: 2026-11-21T14:05:09+01:00"
_LARGEST_FACTOR = 1_000
QUOTED = ", without quotes"
"""How the advice about a number ends where quotes are possible, which they are in no address."""

_WHOLE = f"write it as a whole number{QUOTED}"
_LIST = "write it as a list"
_OBJECT = "write it as an object, with names and values"

IN_FORM = {
    CODE_FORM: 'write 1 to 64 letters, digits or signs of ASCII, without spaces, such as "coffee"',
    POS_ID_FORM: "write up to 64 printable ASCII characters without a space or a slash",
    RATE_FORM: 'write a decimal number in quotes, such as "1.2"',
    BIRTHDAY_FORM: 'write the month and the day in quotes, such as "02-29"',
    QUANTITY_FORM: 'write it as a text with at most three decimals, such as "1.250"',
    CURRENCY_FORM: 'write the three capitals that ISO 4217 has for it, such as "USD"',
    LANGUAGE_FORM: 'write a language as its tag, such as "en" or "pt-BR"',
    NO_CONTROL_CHARACTERS: "write it on one line, without tabs or other control characters",
}
"""What to write instead, where a field does not say it itself, by the form it has to have."""

_BY_KIND = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("tuple_type", "list_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), _OBJECT),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        _DAY,
    ),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"),
        _MOMENT,
    ),
    "string_type": "write it as a text, in quotes",
    "string_unicode": "write it as a text that UTF-8 can hold",
    "bool_type": "write true or false",
    "missing": "it is missing",
    "json_invalid": "from this character on, this is not JSON",
    "string_pattern_mismatch": "it holds what cannot stand here; change it",
    "string_too_short": "write at least {min_length} {characters}",
    "string_too_long": "write at most {max_length} characters",
    "too_short": "there must be at least {min_length}",
    "too_long": "there may be {max_length} at most",
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write {ge} or more",
    "less_than": "write less than {lt}",
    "less_than_equal": "write {le} or less",
    "literal_error": "write {expected}",
}
"""What to write instead, by what pydantic calls the mistake; its own bounds are filled in."""


def in_words(kind: str, bounds: Mapping[str, Any], message: str) -> str:
    """Say what to write instead of something that pydantic refused as ``kind``.

    A validator's own ``message`` is said as it is, and so is any kind that has no words here.
    """
    form = IN_FORM.get(str(bounds.get("pattern")))
    if form is not None:
        return form
    words = _BY_KIND.get(kind)
    if words is None:
        return message.removeprefix("Value error, ")
    one = bounds.get("min_length") == 1
    return words.format_map({**bounds, "characters": "character" if one else "characters"})


def in_words_of_number(key: str, kind: str, given: object) -> str | None:
    """Say how a number with a decimal point is written that must be whole, or a text; None for all
    else. A factor is small enough to be repeated.
    """
    if kind == "string_type" and isinstance(given, float) and 0 <= given < _LARGEST_FACTOR:
        return f'write it as a text, in quotes: "{given}"'
    if kind not in ("int_type", "int_from_float") or not isinstance(given, float):
        return None
    if key.endswith("_minor"):
        return "write it in whole minor units, such as cents: 499 for 4.99"
    return "write it as a whole number, without a decimal point"


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.0) -> str | None:
    """Answer the nearest of the ``known`` names, where one is as like as that.

    The same words in another order are nearest.

    >>> nearest("per_day_points", ["times_per_day", "points_per_day"])
    'points_per_day'
    """
    names, words = list(known), sorted(name.split("_"))
    turned = [each for each in names if sorted(each.split("_")) == words]
    near = turned or difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return next(iter(near), None)


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.0) -> str:
    """Ask whether the nearest of the ``known`` names was meant, where there is one."""
    found = nearest(name, known, cutoff=cutoff)
    return f"; did you mean '{found}'?" if found else ""


def keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """List the keys that may stand where ``location`` leads."""
    for part in location:
        if isinstance(part, int):
            continue
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                inner = model_in(field.annotation)
                if inner is None:
                    return []
                model = inner
                break
    return [field.alias or name for name, field in model.model_fields.items()]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside ``list[M]``, ``M | None``, ``Annotated[M, …]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, list, tuple, dict, Union, UnionType):
        return next((m for a in get_args(annotation) if (m := model_in(a))), None)
    return None

"""TOML text to a strict model, with mistakes a shop engineer can act on.

Every mistake names its key, in a list of tables by the table's own name or id, or else counted from
1; an unknown key also names the nearest one that exists. What has not its form is shown as it
should be, from the field's description and examples:

>>> from agent.core.values import Value
>>> class Api(Value):
...     listen: str = "127.0.0.1:8100"
>>> class Config(Value):
...     api: Api = Api()
>>> parse('[api]\\nlisen = "x"', Config, source="agent.toml")
Traceback (most recent call last):
...
agent.core.strict_toml.InvalidDocument: agent.toml: unknown key 'api.lisen'; did you mean 'listen'?
"""

import difflib
import json
import tomllib
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agent.core.basket import CURRENCY_FORM
from agent.core.phrases import LANGUAGE_FORM
from agent.core.values import CODE_FORM, NO_CONTROL_CHARACTERS

__all__ = ["InvalidDocument", "mistakes_of", "parse", "unknown_key"]

_Location = tuple[int | str, ...]
_LONGEST = 64
_OF_FORM = (
    "string_pattern_mismatch",
    "string_too_long",
    "string_too_short",
    "literal_error",
    "too_short",
)
_IN_FORM = {
    CODE_FORM: 'write 1 to 64 letters, digits or signs of ASCII, without spaces, such as "coffee"',
    CURRENCY_FORM: 'write the three capitals that ISO 4217 has for it, such as "USD"',
    LANGUAGE_FORM: 'write a language as its tag, such as "en" or "pt-BR"',
    NO_CONTROL_CHARACTERS: "write it on one line, without tabs or other control characters",
}
"""What to write instead, where a field does not say it itself; nobody reads regular expressions."""
_LISTS = ("tuple_type", "list_type", "frozen_set_type")
_IN_WORDS = {
    "tuple_type": "write it as a list",
    "list_type": "write it as a list",
    "frozen_set_type": "write it as a list",
    "int_type": "write it as a whole number, without quotes",
    "int_parsing": "write it as a whole number, without quotes",
    "int_from_float": "write it as a whole number, without quotes",
    "string_type": "write it as a text, in quotes",
    "string_too_short": "write {min_length} or more characters",
    "string_too_long": "write it in {max_length} characters or fewer",
    "bool_type": "write true or false, without quotes",
    "dict_type": "write it as a table",
    "model_type": "write it as a table",
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write {ge} or more",
    "less_than": "write less than {lt}",
    "less_than_equal": "write {le} or less",
    "too_short": "name at least {min_length}",
    "too_long": "name no more than {max_length}",
}
"""What to write instead of what is of another kind, too small or too much."""

M = TypeVar("M", bound=BaseModel)


class InvalidDocument(ValueError):
    """A configuration or program file says something that cannot be; one line per mistake."""


def parse(text: str, model: type[M], *, source: str) -> M:
    """Read TOML ``text`` as ``model``; ``source`` names the file in the error message."""
    document: dict[str, Any] = {}
    try:
        document = tomllib.loads(text)
        return model.model_validate(document)
    except tomllib.TOMLDecodeError as error:
        raise InvalidDocument(f"{source}: not TOML: {error}") from error
    except ValidationError as error:
        raise InvalidDocument(mistakes_of(error, model, document, source=source)) from error


def mistakes_of(
    error: ValidationError, model: type[BaseModel], document: Any, *, source: str
) -> str:
    """Put every mistake of a validation in plain words, one a line; ``document`` is what was read.

    It is looked into for the names of its tables, which a shop engineer knows better than numbers.
    """
    problems = error.errors(include_url=False)
    places = [problem["loc"] for problem in problems]
    meant = [
        (*at[:-1], _nearest(str(at[-1]), _keys_at(model, at[:-1])))
        for problem, at in zip(problems, places, strict=True)
        if problem["type"] == "extra_forbidden"
    ]
    return "\n".join(
        f"{source}: {_in_words(problem, model, document)}"
        for problem in problems
        if not _follows_from_another(problem, places, meant)
    )


def _follows_from_another(
    problem: ErrorDetails, places: list[_Location], meant: list[tuple[int | str | None, ...]]
) -> bool:
    """Say whether a key is missing only because it is misspelt, as those that were ``meant``, or a
    list is too short only because what stands in it was refused.
    """
    at = problem["loc"]
    if problem["type"] == "missing":
        return at in meant
    inside = any(place[: len(at)] == at and len(place) > len(at) for place in places)
    return problem["type"] == "too_short" and inside


def _in_words(problem: ErrorDetails, model: type[BaseModel], document: Any) -> str:
    location = problem["loc"]
    if location[-1:] == ("[key]",):  # the name of a table or key is what has not its form
        location = location[:-1]
    table, rest = _named(location, document)
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in rest)
    if problem["type"] == "extra_forbidden":
        return table + unknown_key(key, str(location[-1]), _keys_at(model, location[:-1]))
    if problem["type"] == "missing":
        return f"{table}key '{key}' is missing"
    plain = _plain(problem, _field_at(model, location))
    return f"{table}{key}: {plain}" if key else f"{table}{plain}"


def _named(location: _Location, document: Any) -> tuple[str, _Location]:
    """Name the innermost of a list's tables that has a name or an id of its own, or else count the
    outermost from 1; answer what is below it.
    """
    found: tuple[str, _Location] = ("", location)
    for depth, part in enumerate(location[:-1], start=1):
        try:
            siblings, document = document, document[part]
        except (LookupError, TypeError):
            break  # a default, or from a stronger layer than the files
        if not isinstance(part, int) or not isinstance(document, dict):
            continue
        name = _name_of(document)
        names = [_name_of(each) for each in siblings if isinstance(each, dict)]
        path = ".".join(each for each in location[: depth - 1] if isinstance(each, str))
        if isinstance(name, str) and name.isprintable() and name and names.count(name) == 1:
            found = (f'[[{path}]] "{name}": ', location[depth:])
        elif not found[0]:
            found = (f"[[{path}]] {part + 1}: ", location[depth:])
    return found


def _name_of(table: dict[str, Any]) -> Any:
    return table.get("name", table.get("id"))


def _plain(problem: ErrorDetails, field: FieldInfo | None) -> str:
    """Say what to write instead."""
    kind, given, key = problem["type"], problem["input"], "".join(map(str, problem["loc"][-1:]))
    if kind in _LISTS and isinstance(given, dict):
        return f"there may be several: write [[{key}]] with two brackets"
    if kind == "model_type" and isinstance(given, list):
        return f"there may be one alone: write [{key}] with one bracket"
    if kind in _LISTS and isinstance(given, str) and given.isprintable() and len(given) <= _LONGEST:
        return f'{_IN_WORDS[kind]}: ["{given}"]'
    if kind in _OF_FORM and field is not None and (field.description or field.examples):
        examples = " or ".join(json.dumps(example) for example in field.examples or ())
        such_as = f", such as {examples}" if examples else ""
        return f"write {field.description or 'it in its form'}{such_as}"
    if kind == "string_pattern_mismatch":
        return _IN_FORM.get(problem["ctx"]["pattern"], "it holds what cannot stand here; change it")
    if kind in _IN_WORDS:
        return _IN_WORDS[kind].format(**problem.get("ctx", {}))
    return problem["msg"].removeprefix("Value error, ")


def _field_at(model: type[BaseModel], location: _Location) -> FieldInfo | None:
    """Find the field that a location leads to, or that holds what it leads to."""
    found: FieldInfo | None = None
    for part in location:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part not in fields:
            continue  # a place in a list, or a key of a table that may have any
        found = fields[str(part)]
        inner = _model_in(found.annotation)
        if inner is None:
            break
        model = inner
    return found


def unknown_key(path: str, name: str, known: Iterable[str]) -> str:
    """Say that nothing is called ``name``, which stands at ``path``, and what comes nearest."""
    nearest = _nearest(name, known)
    return f"unknown key '{path}'" + (f"; did you mean '{nearest}'?" if nearest else "")


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)), None)


def _keys_at(model: type[BaseModel], location: _Location) -> list[str]:
    """List the keys that may stand where ``location`` leads."""
    for part in location:
        if isinstance(part, int):
            continue
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                inner = _model_in(field.annotation)
                if inner is None:
                    return []
                model = inner
                break
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside ``list[M]``, ``M | None``, ``Annotated[M, …]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, list, tuple, dict, Union, UnionType):
        return next((m for a in get_args(annotation) if (m := _model_in(a))), None)
    return None

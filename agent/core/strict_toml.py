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

import json
import tomllib
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agent.core.mistakes import Location, did_you_mean, in_words, keys_at, model_in, nearest

__all__ = ["InvalidDocument", "mistakes_of", "parse", "unknown_key"]

_LONGEST = 64
_OF_FORM = (
    "string_pattern_mismatch",
    "string_too_long",
    "string_too_short",
    "literal_error",
    "too_short",
)
_LISTS = ("tuple_type", "list_type", "frozen_set_type")
_TABLES = ("model_type", "model_attributes_type", "dict_type")
"""Kinds that pydantic names when a list, or a table, is something else."""

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
        (*at[:-1], nearest(str(at[-1]), keys_at(model, at[:-1])))
        for problem, at in zip(problems, places, strict=True)
        if problem["type"] == "extra_forbidden"
    ]
    return "\n".join(
        f"{source}: {_in_words(problem, model, document)}"
        for problem in problems
        if not _follows_from_another(problem, places, meant)
    )


def _follows_from_another(
    problem: ErrorDetails, places: list[Location], meant: list[tuple[int | str | None, ...]]
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
        return table + unknown_key(key, str(location[-1]), keys_at(model, location[:-1]))
    if problem["type"] == "missing":
        return f"{table}key '{key}' is missing"
    plain = _plain(problem, _field_at(model, location))
    return f"{table}{key}: {plain}" if key else f"{table}{plain}"


def _named(location: Location, document: Any) -> tuple[str, Location]:
    """Name the innermost of a list's tables that has a name or an id of its own, or else count the
    outermost from 1; answer what is below it.
    """
    found: tuple[str, Location] = ("", location)
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
        return f'{in_words(kind, {}, "")}: ["{given}"]'
    if kind in _OF_FORM and field is not None and (field.description or field.examples):
        examples = " or ".join(json.dumps(example) for example in field.examples or ())
        such_as = f", such as {examples}" if examples else ""
        return f"write {field.description or 'it in its form'}{such_as}"
    if kind in _TABLES:
        return "write it as a table"
    return in_words(kind, problem.get("ctx", {}), problem["msg"])


def _field_at(model: type[BaseModel], location: Location) -> FieldInfo | None:
    """Find the field that a location leads to, or that holds what it leads to."""
    found: FieldInfo | None = None
    for part in location:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part not in fields:
            continue  # a place in a list, or a key of a table that may have any
        found = fields[str(part)]
        inner = model_in(found.annotation)
        if inner is None:
            break
        model = inner
    return found


def unknown_key(path: str, name: str, known: Iterable[str]) -> str:
    """Say that nothing is called ``name``, which stands at ``path``, and what comes nearest."""
    return f"unknown key '{path}'{did_you_mean(name, known)}"

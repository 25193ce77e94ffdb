"""What a strict model found wrong in a TOML document, in words: the table, the key, what to write.

A table of a list is named by its own name or id, or else counted from 1.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agent.core.mistakes import (
    IN_FORM,
    Amiss,
    Finding,
    Location,
    did_you_mean,
    in_words,
    in_words_of_number,
    keys_at,
    model_in,
    nearest,
)
from agent.core.values import NO_CONTROL_CHARACTERS

__all__ = ["findings", "path_of", "said", "unknown_key"]

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


def findings(error: ValidationError, model: type[BaseModel], document: Any) -> Iterator[Finding]:
    """Go through what a validation found, each mistake once."""
    problems = error.errors(include_url=False)
    places = [problem["loc"] for problem in problems]
    meant = [
        (*at[:-1], nearest(str(at[-1]), keys_at(model, at[:-1])))
        for problem, at in zip(problems, places, strict=True)
        if problem["type"] == "extra_forbidden"
    ]
    for problem in problems:
        own = problem.get("ctx", {}).get("error")
        if isinstance(own, Amiss):
            for found in own.found:
                yield found._replace(at=(*problem["loc"], *found.at))
        elif not _follows_from_another(problem, places, meant):
            yield _in_words(problem, model, document)


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


def _in_words(problem: ErrorDetails, model: type[BaseModel], document: Any) -> Finding:
    location = problem["loc"]
    if location[-1:] == ("[key]",):  # the name of a table or key is what has not its form
        location = location[:-1]
    if problem["type"] == "extra_forbidden":
        name = str(location[-1])
        fix = did_you_mean(name, keys_at(model, location[:-1])).removeprefix("; ")
        return Finding(location, _UNKNOWN.format(path=_below(location, document)), fix)
    field = _field_at(model, location)
    if problem["type"] == "missing":
        form = _form_of(field) or _kind_of(field, str(location[-1]))
        return Finding(location, f"key '{_below(location, document)}' is missing", form)
    return Finding(location, "", _plain(problem, field))


_UNKNOWN = "unknown key '{path}'"


def _form_of(field: FieldInfo | None) -> str:
    """Say how a key is written that is missing, where its form has words."""
    forms = [getattr(each, "pattern", None) for each in ([] if field is None else field.metadata)]
    return next((IN_FORM[form] for form in forms if form in IN_FORM and form not in _ANY_TEXT), "")


def _kind_of(field: FieldInfo | None, key: str) -> str:
    """Say what a key that is missing is, where it has no form."""
    kind = None if field is None else field.annotation
    if kind is not None and get_origin(kind) is tuple and model_in(kind) is not None:
        return f"write [[{key}]] and its keys below it"
    return _KINDS.get(kind, "")


_KINDS: dict[Any, str] = {str: "write a text, in quotes", int: "write a whole number"}


_ANY_TEXT = (NO_CONTROL_CHARACTERS,)


def said(finding: Finding, document: Any) -> str:
    """Put a finding in one line: its table, its key unless the words name it, and the words."""
    table, _ = _named(finding.at, document)
    key = _below(finding.at, document)
    if f"'{key}'" in finding.what or not key:
        return f"{table}{finding.said}"
    return f"{table}{key}: {finding.said}"


def _below(location: Location, document: Any) -> str:
    """Answer the path below the table that ``_named`` names."""
    return path_of(_named(location, document)[1])


def path_of(location: Location) -> str:
    """Write a place as a path, those in lists counted from 1."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in location)


def _named(location: Location, document: Any) -> tuple[str, Location]:
    """Name the innermost of a list's tables that has a name or an id of its own, or else count the
    outermost from 1; answer what is below it.
    """
    found: tuple[str, Location] = ("", location)
    for depth, part in enumerate(location, start=1):
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
    if kind in _OF_FORM and field is not None and (_form_said_by(field) or field.examples):
        examples = " or ".join(json.dumps(example) for example in field.examples or ())
        such_as = f", such as {examples}" if examples else ""
        return f"write {_form_said_by(field) or 'it in its form'}{such_as}"
    if kind in _TABLES:
        return "write it as a table"
    words = in_words_of_number(key, kind, given)
    words = words or in_words(kind, problem.get("ctx", {}), problem["msg"])
    if kind in _LISTS and isinstance(given, str) and given.isprintable() and len(given) <= _LONGEST:
        words = f'{words}: ["{given}"]'
    return words


def _form_said_by(field: FieldInfo) -> str | None:
    """Answer what a field itself says of its form; a whole sentence says what it means."""
    said = field.description
    return None if said is None or said.endswith(".") else said


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
    return _UNKNOWN.format(path=path) + did_you_mean(name, known)

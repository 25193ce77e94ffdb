"""TOML text to a strict model, with mistakes a shop engineer can act on.

Every mistake names its key; an unknown key also names the nearest one that exists:

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
import tomllib
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

__all__ = ["InvalidDocument", "mistakes_of", "parse", "unknown_key"]

_Location = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)


class InvalidDocument(ValueError):
    """A configuration or program file says something that cannot be; one line per mistake."""


def parse(text: str, model: type[M], *, source: str) -> M:
    """Read TOML ``text`` as ``model``; ``source`` names the file in the error message."""
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDocument(f"{source}: not TOML: {error}") from error
    except ValidationError as error:
        raise InvalidDocument(mistakes_of(error, model, source=source)) from error


def mistakes_of(error: ValidationError, model: type[BaseModel], *, source: str) -> str:
    """Put every mistake of a validation in plain words, one a line."""
    return "\n".join(
        f"{source}: {_in_words(problem['type'], problem['loc'], problem['msg'], model)}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _in_words(kind: str, location: _Location, message: str, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        return unknown_key(key, str(location[-1]), _keys_at(model, location[:-1]))
    if kind == "missing":
        return f"key '{key}' is missing"
    plain = message.removeprefix("Value error, ")
    return f"{key}: {plain}" if key else plain


def unknown_key(path: str, name: str, known: Iterable[str]) -> str:
    """Say that nothing is called ``name``, which stands at ``path``, and what comes nearest."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"unknown key '{path}'" + (f"; did you mean '{nearest[0]}'?" if nearest else "")


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

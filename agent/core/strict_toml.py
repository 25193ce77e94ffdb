"""TOML text to a strict model, with mistakes a shop engineer can act on.

Every mistake names its key, in a list of tables by the table's own name or id, or else counted from
1; an unknown key also names the nearest one that exists. What has not its form is shown as it
should be, from the field's description and examples:

>>> from agent.core.values import Value
>>> class Api(Value):
...     listen: str = "127.0.0.1:8100"
>>> class Config(Value):
...     api: Api = Api()
>>> parse('[api]\\nlisen = "x"', Config, source="a.toml")
Traceback (most recent call last):
...
agent.core.strict_toml.InvalidDocument: a.toml:2: unknown key 'api.lisen'; did you mean 'listen'?

Where one text alone is read each mistake names its line; of what several files say together, as
layered settings do, only ``mistakes_of`` can be told, by file and key.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agent.core.mistakes import Finding
from agent.core.toml_lines import Lines
from agent.core.toml_mistakes import findings, path_of, said, unknown_key

__all__ = ["InvalidDocument", "Mistake", "described", "mistakes_of", "parse", "unknown_key"]

M = TypeVar("M", bound=BaseModel)

Also = Callable[[dict[str, Any]], Iterable[Finding]]
"""Finds what is wrong in a document as a whole, whatever else is wrong in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One mistake of a text. ``message`` says all of it, ``suggestion`` what to do alone; ``key``
    is the path, places in lists counted from 1, or empty where it is the text as a whole.
    """

    line: int
    key: str
    message: str
    suggestion: str


class InvalidDocument(ValueError):
    """A configuration or program file says something that cannot be; one line per mistake.

    ``mistakes`` has them singly, where one text was read.
    """

    def __init__(self, message: str, mistakes: tuple[Mistake, ...] = ()) -> None:
        super().__init__(message)
        self.mistakes = mistakes


def parse(text: str, model: type[M], *, source: str, also: Also | None = None) -> M:
    """Read TOML ``text`` as ``model``; ``source`` names the file in the error message.

    ``also`` looks at the whole document where something is wrong, so that a mistake in one table
    does not hide what the model's own checks would say of another.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _invalid([_not_toml(str(error), text)], source) from error
    except RecursionError as error:
        raise _invalid([_beyond(text, _DEEP)], source) from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise _invalid([_beyond(text, _LONG)], source) from error
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = list(findings(error, model, document))
        places = {finding.at for finding in found}
        found += [each for each in (also(document) if also else ()) if each.at not in places]
        raise _invalid(described(found, text, document), source) from error


def described(found: Iterable[Finding], text: str, document: dict[str, Any]) -> list[Mistake]:
    """Give findings in a text their lines and the names of their tables, in the order of lines."""
    lines = Lines.of(text)
    mistakes = []
    for finding in found:
        mistakes.append(
            Mistake(
                line=lines.at(finding.at),
                key=path_of(finding.at),
                message=said(finding, document),
                suggestion=finding.fix or "add it",
            )
        )
    return sorted(mistakes, key=lambda mistake: mistake.line)


def _invalid(mistakes: list[Mistake], source: str) -> InvalidDocument:
    complaints = (f"{source}:{mistake.line}: {mistake.message}" for mistake in mistakes)
    return InvalidDocument("\n".join(complaints), tuple(mistakes))


_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_LIKE_A_DAY = re.compile(r"\d{4,}-\d{1,2}-\d{1,2}")


def _not_toml(message: str, text: str) -> Mistake:
    """Say where a text stops being TOML, and what may be meant."""
    place = _AT.search(message)
    lines = text.split("\n")
    line = int(place[1]) if place and place[1] else max(1, len(text.rstrip().split("\n")))
    written = lines[line - 1].partition("#")[0] if line <= len(lines) else ""
    fix = "look at what stands there: a quote, a bracket or an equals sign may be missing"
    if _LIKE_A_DAY.search(written):
        fix = "there is no such day; write it as YYYY-MM-DD, such as 2026-03-31"
    elif message.startswith("Cannot "):  # … declare twice, overwrite a value
        fix = "it stands there twice; keep one of them"
    return Mistake(line=line, key="", message=f"not TOML: {message}; {fix}", suggestion=fix)


_LONG = re.compile(r"[0-9_]{1000}")
_DEEP = re.compile(r"[\[{](?:\s*[\[{]){9}")


def _beyond(text: str, what: re.Pattern[str]) -> Mistake:
    """Say that a text is more than Python reads, and where what may be meant stands first."""
    found = what.search(text)
    line = 1 if found is None else text.count("\n", 0, found.start()) + 1
    message = "a number is too long" if what is _LONG else "too many brackets within brackets"
    fix = "write a shorter one" if what is _LONG else "write it with fewer"
    return Mistake(line=line, key="", message=f"not TOML: {message}; {fix}", suggestion=fix)


def mistakes_of(
    error: ValidationError, model: type[BaseModel], document: Any, *, source: str
) -> str:
    """Put every mistake of a validation in plain words, one a line; ``document`` is what was read.

    It is looked into for the names of its tables, which a shop engineer knows better than numbers.
    """
    found = findings(error, model, document)
    return "\n".join(f"{source}: {said(finding, document)}" for finding in found)

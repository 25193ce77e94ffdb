"""What ``tapledger program`` reads: files of a basket and of an account, and a moment.

What is wrong with one is said with its file, its key and what to write, and the exit code is 2.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from agent.cli.shown import fail
from agent.core.account import Account
from agent.core.basket import Sale
from agent.core.instant import Instant
from agent.core.mistakes import did_you_mean, in_words, in_words_of_number, keys_at
from agent.core.program import Program

__all__ = ["MOMENT", "account_from", "read_text", "sale_from"]

_LARGEST = 64 * 1024 * 1024
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Instant)

M = TypeVar("M", bound=BaseModel)


class _Moment(click.ParamType[datetime]):
    """A moment with its offset, RFC 3339."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it. Raises click.BadParameter with the way to write it."""
        try:
            return _MOMENT.validate_python(value)
        except ValidationError:
            fix = "write it as RFC 3339 has it, with an offset: 2026-11-21T14:05:09+01:00"
            self.fail(fix, param, ctx)


MOMENT = _Moment()


def read_text(file: Path, *, hint: str) -> str:
    """Read a text file, or standard input for ``-``; ends with exit code 2 where it cannot be."""
    name = _name_of(file)
    try:
        if str(file) == "-":
            found = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with file.open("rb") as opened:
                found = opened.read(_LARGEST + 1)
        if len(found) > _LARGEST:
            most = f"{_LARGEST // 2**20} MiB"
            fail(f"{name}: it is larger than {most}; is it the right file?", code=2)
        return found.decode("utf-8-sig")
    except OSError as error:
        fail(f"{name}: cannot be read: {error.strerror}; {hint} is a file's path", code=2)
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8; save the file as UTF-8"
        fail(f"{name}: cannot be read: {what}", code=2)


def sale_from(file: Path) -> Sale:
    """Read a basket: a sale's body, or what a line of a file of baskets has around it."""
    body = _json(file, hint="--basket")
    if isinstance(body, dict) and isinstance(body.get("sale"), dict):
        body = body["sale"]
    return _valid(Sale, body, file)


def account_from(file: Path | None, program: Program) -> Account:
    """Read an account, or make one of somebody new, who has nothing.

    Its tier must be one of the program's; where it says none it is the lowest.
    """
    tiers = [] if program.tiers is None else [tier.id for tier in program.tiers.tier]
    account = Account() if file is None else _valid(Account, _json(file, hint="--account"), file)
    if account.tier is None or file is None:
        return account.model_copy(update={"tier": tiers[0] if tiers else None})
    if account.tier not in tiers:
        known = did_you_mean(account.tier, tiers) if tiers else "; write null: it has no tiers"
        what = f"program '{program.id}' has no tier '{account.tier}'"
        fail(f"{_name_of(file)}: tier: {what}{known}", code=2)
    return account


def _json(file: Path, *, hint: str) -> Any:
    text = read_text(file, hint=hint)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            fix = "there is more than one JSON value; give one basket or account alone"
        else:
            fix = f"not JSON: {error.msg} (column {error.colno}); look at what stands there"
        fail(f"{_name_of(file)}:{error.lineno}: {fix}", code=2)
    except RecursionError:
        fail(f"{_name_of(file)}: not JSON: too many brackets within brackets", code=2)
    except ValueError:  # Python reads no number of thousands of digits
        fail(f"{_name_of(file)}: it has a number that is too long; write a shorter one", code=2)


def _valid(model: type[M], body: Any, file: Path) -> M:
    try:
        return model.model_validate_json(json.dumps(body))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        fail("\n".join(_in_words(model, each, file) for each in problems), code=2)


def _in_words(model: type[BaseModel], problem: ErrorDetails, file: Path) -> str:
    location = problem["loc"]
    path = ".".join(str(part + 1 if isinstance(part, int) else part) for part in location)
    where = f"{_name_of(file)}: {path}: " if path else f"{_name_of(file)}: "
    if problem["type"] == "extra_forbidden":
        known = keys_at(model, location[:-1])
        return f"{where}there is no such key{did_you_mean(str(location[-1]), known)}"
    kind, given = problem["type"], problem["input"]
    words = in_words_of_number(path, kind, given)
    return where + (words or in_words(kind, problem.get("ctx", {}), problem["msg"]))


def _name_of(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)

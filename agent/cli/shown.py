"""How the command line speaks: errors in one red line, long work with a bar on the terminal."""

import os
import select
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from agent.ledger import LedgerDamaged

__all__ = ["fail", "plain_errors", "progress_bar", "say_left_out", "until_nobody_reads"]

_STEP = 256


def fail(message: str, *, code: int) -> NoReturn:
    """Say what went wrong and end with an exit code."""
    click.secho(message, fg="red", err=True)
    sys.exit(code)


def say_left_out(left_out: "list[LedgerDamaged]") -> None:
    """End with what could not be read, where something could not: exit code 1."""
    if left_out:
        lines = [f"left out: {error}" for error in left_out]
        lines.append("everything else is there; 'tapledger ledger verify' says what does not hold")
        fail("\n".join(lines), code=1)


def plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Say a known error in one red line, without a traceback."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except Exception as error:
            code = _code_of(error)
            if code is None:
                raise
            # A write that fails does not know its file.
            where = options.get("out") or options.get("to") or options.get("db")
            fail(_in_words(error, str(where or command.__name__)), code=code)

    return guarded


def _code_of(error: Exception) -> int | None:
    """Answer the exit code of an error that is known; None for all others."""
    if isinstance(error, OSError | sqlite3.Error):
        return 1
    if isinstance(error, click.ClickException | click.exceptions.Exit):
        return None
    # Imported here: a command that needs none of these, and goes well, must not wait for them.
    from agent.core.strict_toml import InvalidDocument  # noqa: PLC0415

    if isinstance(error, InvalidDocument):
        return 2
    from agent.ledger import LedgerError  # noqa: PLC0415
    from agent.service import ServiceError  # noqa: PLC0415

    return 1 if isinstance(error, ServiceError | LedgerError) else None


def _in_words(error: Exception, where: str) -> str:
    match error:
        case OSError():
            return f"{error.filename or where}: {error.strerror or error}"
        case sqlite3.Error():
            return f"{where}: {error}"
        case _:
            return str(error)


def until_nobody_reads(command: Callable[..., None]) -> Callable[..., None]:
    """End quietly where ``head`` or a pager has read enough."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except BrokenPipeError:
            # Python flushes standard output once more at its end, and would complain again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return guarded


@contextmanager
def progress_bar(label: str, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the terminal; yields ``progress(done, of)``, which may be called often.

    Where there is no terminal, nothing is written. It never waits for one that was stopped: the
    work may hold a state of the ledger.
    """
    hidden = hidden or not sys.stderr.isatty()
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=hidden) as bar:

        def progress(done: int, of: int) -> None:
            if bar.length != of:
                bar.length = of
            due = done == of or done - bar.pos >= _STEP or of < _STEP
            if due and not hidden and _takes_more():
                bar.update(done - bar.pos)

        yield progress


def _takes_more() -> bool:
    """Say whether the terminal shows what is written."""
    return bool(select.select([], [sys.stderr], [], 0)[1])

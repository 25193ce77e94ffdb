"""How the command line speaks: errors in one red line, long work with a bar on the terminal."""

import os
import select
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn

import click

from agent.core.strict_toml import InvalidDocument
from agent.ledger import LedgerDamaged, LedgerError
from agent.service import ServiceError

__all__ = ["fail", "plain_errors", "progress_bar", "say_left_out", "until_nobody_reads"]

_STEP = 256


def fail(message: str, *, code: int) -> NoReturn:
    """Say what went wrong and end with an exit code."""
    click.secho(message, fg="red", err=True)
    sys.exit(code)


def say_left_out(left_out: list[LedgerDamaged]) -> None:
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
        except InvalidDocument as error:
            fail(str(error), code=2)
        except (ServiceError, LedgerError) as error:
            fail(str(error), code=1)
        except OSError as error:
            # A write that fails does not know its file.
            where = error.filename or options.get("out") or options.get("to") or options.get("db")
            fail(f"{where or command.__name__}: {error.strerror or error}", code=1)
        except sqlite3.Error as error:
            fail(f"{options.get('db') or command.__name__}: {error}", code=1)

    return guarded


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

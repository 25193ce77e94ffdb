"""What the demo says as it goes: steps, what happens at which place, and a bar for the baskets."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

__all__ = ["Voice"]

_WIDEST, _NARROWEST = 100, 48
_PLACE = 19


class Voice:
    """Speaks on standard output; without colours and a bar where nobody watches."""

    def __init__(self, *, headless: bool) -> None:
        self._has_bar = not headless and sys.stdout.isatty()

    def step(self, what: str) -> None:
        """Say what begins now."""
        click.echo()
        for line in _lines(what, _width()):
            click.secho(line, bold=True)

    def at(self, place: str, what: str) -> None:
        """Say what happens at a store, or at head office."""
        for number, line in enumerate(_lines(what, _width() - _PLACE - 2)):
            where = f"{'' if number else place:<{_PLACE}}"
            click.echo(f"  {click.style(where, fg='cyan')}{line}")

    def say(self, what: str) -> None:
        """Say something on a line of its own, which a program may read: it stays one."""
        click.echo(what)

    def add(self, what: str) -> None:
        """Say something more in plain words, over as many lines as it needs."""
        for line in _lines(what, _width()):
            click.echo(line)

    @contextmanager
    def bar(self, total: int) -> Iterator[Callable[[int], None]]:
        """Show how many of the baskets are sold, or nothing."""
        if not self._has_bar:
            yield lambda _done: None
            return
        with click.progressbar(length=total, label="  baskets") as bar:
            yield lambda done: bar.update(done - bar.pos)


def _lines(what: str, width: int) -> list[str]:
    """Break between words alone: a token or an address is copied as it stands."""
    return textwrap.wrap(what, width, break_on_hyphens=False, break_long_words=False)


def _width() -> int:
    """As wide as the terminal, where there is one: or it would break the lines where it likes."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns))

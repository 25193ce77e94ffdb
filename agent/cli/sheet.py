"""How ``program check`` speaks: mistakes by line, or the program in sentences, on a terminal."""

import shutil
from collections.abc import Sequence

import click

from agent.cli.columns import plain
from agent.core.paper import wrapped
from agent.core.program_check import Checked
from agent.core.program_words import Section
from agent.core.strict_toml import Mistake

__all__ = ["show_mistakes", "show_program"]

_WIDEST = 100
_NARROWEST = 40
_BULLET = "  - "
_NAMING = ("About", "Promotions", "Rewards")
"""Sections whose sentences begin with what they are about."""


def show_mistakes(found: Checked, source: str) -> None:
    """Print mistakes and warnings, each with its file and line, and how many there are."""
    for mistake in found.mistakes:
        _show(mistake, source, click.style("mistake", fg="red", bold=True))
    for warning in found.warnings:
        _show(warning, source, click.style("warning", fg="yellow", bold=True))
    if found.mistakes:
        count = len(found.mistakes)
        number = "1 mistake" if count == 1 else f"{count} mistakes"
        click.secho(f"{number} in {plain(source)}", fg="red", bold=True)
    else:
        click.secho(f"{plain(source)}: no mistake", fg="green", bold=True)


def show_program(sections: Sequence[Section]) -> None:
    """Print a program's sentences, no wider than the terminal."""
    width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))
    for section in sections:
        click.echo()
        click.secho(section.title, bold=True, fg="cyan")
        for sentence in section.sentences:
            first, *more = wrapped(plain(sentence), width - len(_BULLET))
            click.echo(_BULLET + (_with_name(first) if section.title in _NAMING else first))
            for line in more:
                click.echo(" " * len(_BULLET) + line)


def _with_name(line: str) -> str:
    """Mark the name with which a line begins."""
    name, colon, rest = line.partition(": ")
    return click.style(name, bold=True) + colon + rest if colon else line


def _show(mistake: Mistake, source: str, kind: str) -> None:
    """Print one as compilers do, in one line whatever its length: editors look for that."""
    place = click.style(f"{plain(source)}:{mistake.line}:", bold=True)
    click.echo(f"{place} {kind}: {plain(mistake.message)}")

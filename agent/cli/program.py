"""``tapledger program``: look through a program file, and try it on a basket."""

import json
from datetime import datetime
from pathlib import Path

import click

from agent.cli.answers import as_answer, print_json
from agent.cli.inputs import MOMENT, account_from, read_text, sale_from
from agent.cli.options import as_json_option
from agent.cli.program_compare import compare
from agent.cli.sheet import show_mistakes, show_program
from agent.cli.shown import fail, until_nobody_reads
from agent.core.explain import explain as explained
from agent.core.program import Program
from agent.core.program_check import Checked
from agent.core.program_check import check as checked
from agent.core.program_words import sections
from agent.core.promoting import Circumstances
from agent.core.strict_toml import InvalidDocument, Mistake

__all__ = ["program"]

_file = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")


@click.group()
def program() -> None:
    """Check a loyalty program and try it on baskets, without an agent."""


@program.command()
@_file
@as_json_option
@until_nobody_reads
def check(file: Path, as_json: bool) -> None:
    """Say what is wrong with a program file, or what it means.

    Prints every mistake with its file and line and what to do about it; exit code 1. Where there
    is none, it prints the program in plain sentences; warnings stand before them, and are no
    mistakes.
    """
    found = checked(read_text(file, hint="FILE"), source=str(file))
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        show_mistakes(found, str(file))
        if not found.mistakes and found.program is not None:
            show_program(sections(found.program))
    if found.mistakes:
        raise SystemExit(1)


def _as_json(found: Checked) -> dict[str, object]:
    told = () if found.program is None else sections(found.program)
    return {
        "ok": not found.mistakes,
        "mistakes": [_mistake(each) for each in found.mistakes],
        "warnings": [_mistake(each) for each in found.warnings],
        "sentences": [sentence for section in told for sentence in section.sentences],
    }


def _mistake(mistake: Mistake) -> dict[str, object]:
    return {
        "line": mistake.line,
        "key": mistake.key,
        "message": mistake.message,
        "suggestion": mistake.suggestion,
    }


@program.command()
@_file
@click.option(
    "--basket",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="A sale's body as JSON, or a line of a file of baskets; '-' for standard input.",
)
@click.option(
    "--account",
    type=click.Path(path_type=Path),
    help="The account before it, as JSON; without it, one that has nothing.",
)
@click.option(
    "--at",
    type=MOMENT,
    metavar="TIME",
    help="When it happens instead, with its offset: 2026-11-21T16:30:00+01:00.",
)
@until_nobody_reads
def explain(file: Path, basket: Path, account: Path | None, at: datetime | None) -> None:
    """Print what a basket earns under a program, and why, as JSON.

    Nothing but the basket is known of the store, and nothing of what was given before. With --at
    the business date is that of TIME where it happens.
    """
    try:
        rules = Program.parse(read_text(file, hint="FILE"), source=str(file))
    except InvalidDocument as refused:
        fail(str(refused), code=2)
    sale = sale_from(basket)
    if at is not None:
        sale = sale.model_copy(update={"occurred_at": at, "business_date": at.date()})
    circumstances = Circumstances(account=account_from(account, rules))
    print_json(as_answer(explained(rules, sale, circumstances)))


program.add_command(compare)

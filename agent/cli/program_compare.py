"""``tapledger program compare``: the shadow run, as a table or JSON."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.options import DAY, as_json_option
from agent.cli.shown import fail, plain_errors, progress_bar, until_nobody_reads
from agent.paths import shipped_year
from agent.rules import read_program

if TYPE_CHECKING:
    from agent.tools.shadow import Comparison

__all__ = ["compare"]

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--baskets",
    type=_FILE,
    metavar="FILE",
    help="JSON Lines of sales, also .gz or .xz; without it, every 20th real basket of 2017.",
)
@click.option(
    "--from",
    "first_day",
    type=DAY,
    metavar="DATE",
    help="Take the first basket's day for this one, and move all others with it.",
)
@as_json_option
@plain_errors
@until_nobody_reads
def compare(
    old: Path, new: Path, baskets: Path | None, first_day: datetime | None, as_json: bool
) -> None:
    """Replay real baskets under two programs.

    Prints what the change from OLD to NEW costs: points and their worth, members better and worse
    off, and the ten most changed baskets with the reasons.

    A basket's tier, first purchase and caps follow from the baskets before it, which have to stand
    in the order of their business dates. Amounts are taken for each program's own currency.
    """
    # Imported here: the command line must not wait for what only this command needs.
    from agent.cli.program_compared import as_lines, as_values  # noqa: PLC0415

    found = _compared(old, new, baskets or shipped_year(), first_day)
    if as_json:
        click.echo(json.dumps(as_values(found)))
        return
    for line in as_lines(found):
        click.echo(line)


def _compared(old: Path, new: Path, baskets: Path, first_day: datetime | None) -> "Comparison":
    from agent.tools.baskets import BadBaskets, read_baskets  # noqa: PLC0415 - see above
    from agent.tools.shadow import Shadow  # noqa: PLC0415

    shadow = Shadow(read_program(old), read_program(new))
    day = None if first_day is None else first_day.date()
    try:
        with progress_bar("compare") as progress:
            for basket in read_baskets(baskets, first_day=day, progress=progress):
                shadow.take(basket)
    except BadBaskets as error:
        fail(str(error), code=2)
    return shadow.comparison()

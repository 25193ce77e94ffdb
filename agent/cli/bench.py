"""``tapledger bench``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.shown import fail, plain_errors, progress_bar
from agent.paths import shipped_program, shipped_year
from agent.service import configure_logs

if TYPE_CHECKING:
    from agent.tools.bench import Figures, Report

__all__ = ["bench"]

_ACCOUNTS, _ENTRIES, _REQUESTS = 100_000, 1_000_000, 400


@click.command()
@click.argument(
    "name", type=click.Choice(["tap", "sale", "sync", "ledger", "till", "program", "devices"])
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--accounts",
    default=_ACCOUNTS,
    show_default=True,
    type=click.IntRange(100),
    metavar="N",
    help="ledger, till: how many members the large ledger has.",
)
@click.option(
    "--entries",
    default=_ENTRIES,
    show_default=True,
    type=click.IntRange(1_000),
    metavar="N",
    help="ledger, till: how many entries it has, enrolments among them.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="ledger, till: keep the large ledger in DIR, and use one of this version there.",
)
@click.option(
    "--requests",
    default=_REQUESTS,
    show_default=True,
    type=click.IntRange(8, 1_000),
    metavar="N",
    help="till: how many requests of each call a run measures.",
)
@click.option(
    "--baskets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="program: replay these instead of every 20th real basket of a year.",
)
@click.option(
    "--program",
    "rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="program: judge by this one instead of clubpoints.toml.",
)
@plain_errors
def bench(
    name: str,
    as_json: bool,
    accounts: int,
    entries: int,
    keep: Path | None,
    requests: int,
    baskets: Path | None,
    rules: Path | None,
) -> None:
    """Measure one thing beside its raw limit.

    Both are taken in the same run, alternated five times; medians are printed. 'ledger'
    and 'till' take several minutes and 6 GB of disk, most of them for a ledger of a million
    entries, which they share with --keep. 'devices' takes some five minutes.
    """
    if entries < accounts * 11 // 10:
        raise click.UsageError("--entries counts the enrolments too: give more entries")
    configure_logs(level="ERROR")
    report = (
        _measure_program(rules, baskets)
        if name == "program"
        else _measure(name, accounts, entries, keep, requests)
    )
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    for line in report.lines():
        click.echo(line)
    click.secho(report.verdict(), fg="green" if report.target_met else "yellow")


def _measure_program(rules: Path | None, baskets: Path | None) -> "Figures":
    from agent.rules import read_program  # noqa: PLC0415 - see below
    from agent.tools.baskets import BadBaskets  # noqa: PLC0415
    from agent.tools.bench.program import run_program_bench  # noqa: PLC0415

    program = read_program(rules or shipped_program("clubpoints"))
    try:
        return run_program_bench(program, baskets or shipped_year(), bar=progress_bar)
    except BadBaskets as error:
        fail(str(error), code=2)


def _measure(
    name: str, accounts: int, entries: int, keep: Path | None, requests: int
) -> "Figures | Report":
    # Imported here: the command line must not wait for what only the measurements need.
    try:
        from agent.tools.bench import (  # noqa: PLC0415
            BENCHES,
            Size,
            run_bench,
            run_devices_bench,
            run_ledger_bench,
            run_till_bench,
        )
    except ImportError as error:
        fail(f"{error}; install tapledger with its 'demo' extra", code=1)
    if name == "devices":
        return run_devices_bench(bar=progress_bar)
    size = Size(accounts=accounts, entries=entries)
    if name == "till":
        return run_till_bench(size, requests=requests, keep=keep, bar=progress_bar)
    if name == "ledger":
        return run_ledger_bench(size, keep=keep, bar=progress_bar)
    with progress_bar(f"bench {name}") as progress:
        return run_bench(name, BENCHES[name](), progress=progress)

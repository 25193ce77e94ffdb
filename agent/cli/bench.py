"""``tapledger bench``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.shown import fail, progress_bar
from agent.service import configure_logs

if TYPE_CHECKING:
    from agent.tools.bench import Figures, Report

__all__ = ["bench"]

_ACCOUNTS, _ENTRIES = 100_000, 1_000_000


@click.command()
@click.argument("name", type=click.Choice(["tap", "sale", "sync", "ledger"]))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--accounts",
    default=_ACCOUNTS,
    show_default=True,
    type=click.IntRange(100),
    metavar="N",
    help="ledger: how many members the large ledger has.",
)
@click.option(
    "--entries",
    default=_ENTRIES,
    show_default=True,
    type=click.IntRange(1_000),
    metavar="N",
    help="ledger: how many entries it has, enrolments among them.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="ledger: keep the large ledger in DIR, and use the one that is there.",
)
def bench(name: str, as_json: bool, accounts: int, entries: int, keep: Path | None) -> None:
    """Measure one thing beside its raw limit.

    Both are taken in the same run, alternated five times; medians are printed. 'ledger' takes
    several minutes and 6 GB of disk, most of them for a ledger of a million entries.
    """
    if entries < accounts * 11 // 10:
        raise click.UsageError("--entries counts the enrolments too: give more entries")
    configure_logs(level="ERROR")
    report = _measure(name, accounts, entries, keep)
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    for line in report.lines():
        click.echo(line)
    click.secho(report.verdict(), fg="green" if report.target_met else "yellow")


def _measure(name: str, accounts: int, entries: int, keep: Path | None) -> "Figures | Report":
    # Imported here: the command line must not wait for what only the measurements need.
    try:
        from agent.tools.bench import (  # noqa: PLC0415
            BENCHES,
            Size,
            run_bench,
            run_ledger_bench,
        )
    except ImportError as error:
        fail(f"{error}; install tapledger with its 'demo' extra", code=1)
    if name == "ledger":
        size = Size(accounts=accounts, entries=entries)
        return run_ledger_bench(size, keep=keep, bar=progress_bar)
    with progress_bar(f"bench {name}") as progress:
        return run_bench(name, BENCHES[name](), progress=progress)

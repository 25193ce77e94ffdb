"""``tapledger bench``."""

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.shown import fail, plain_errors, progress_bar
from agent.logs import configure_logs
from agent.paths import shipped_program, shipped_year

if TYPE_CHECKING:
    from agent.tools.bench import Figures, Report

__all__ = ["bench"]

_ACCOUNTS, _ENTRIES, _REQUESTS = 100_000, 1_000_000, 400
_BACKLOG, _DEVICES, _SECONDS = 50_000, 1_000, 10
_REDEMPTIONS = 100
"""Of each kind, in a run of 'sync'."""


@click.command()
@click.argument(
    "name",
    type=click.Choice(["tap", "sale", "sync", "hub", "ledger", "till", "program", "devices"]),
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
    "--backlog",
    default=_BACKLOG,
    show_default=True,
    type=click.IntRange(1_000),
    metavar="N",
    help="hub: how many entries the backlog of a store has.",
)
@click.option(
    "--devices",
    default=_DEVICES,
    show_default=True,
    type=click.IntRange(10, 10_000),
    metavar="N",
    help="hub: how many devices it has in the end.",
)
@click.option(
    "--seconds",
    default=_SECONDS,
    show_default=True,
    type=click.IntRange(1, 600),
    metavar="N",
    help="sync: how long stores sell in a run.",
)
@click.option(
    "--database",
    metavar="URL",
    help="sync, hub: measure on this PostgreSQL, which is written to, and not on a private one.",
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
def bench(name: str, as_json: bool, rules: Path | None, baskets: Path | None, **size: Any) -> None:
    """Measure one thing beside its raw limit.

    Both are taken in the same run, alternated five times; medians are printed. 'ledger'
    and 'till' take several minutes and 6 GB of disk, most of them for a ledger of a million
    entries, which they share with --keep. 'devices' and 'sync' take some five minutes, 'hub' some
    ten. 'sync' and 'hub' need mosquitto, and PostgreSQL installed: they start their own.
    """
    if size["entries"] < size["accounts"] * 11 // 10:
        raise click.UsageError("--entries counts the enrolments too: give more entries")
    configure_logs(level="ERROR")
    for number in (signal.SIGTERM, signal.SIGHUP):  # what it started must not outlive it
        signal.signal(number, signal.default_int_handler)
    report = _measure_program(rules, baskets) if name == "program" else _measure(name, size)
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


def _measure(name: str, asked: dict[str, Any]) -> "Figures | Report":
    # Imported here: the command line must not wait for what only the measurements need.
    try:
        from agent.tools import bench as benches  # noqa: PLC0415
    except ImportError as error:
        fail(f"{error}; install tapledger with its 'demo' extra", code=1)
    if name in ("sync", "hub"):
        return _measure_head_office(name, asked)
    if name == "devices":
        return benches.run_devices_bench(bar=progress_bar)
    size, keep = benches.Size(accounts=asked["accounts"], entries=asked["entries"]), asked["keep"]
    if name == "till":
        return benches.run_till_bench(size, requests=asked["requests"], keep=keep, bar=progress_bar)
    if name == "ledger":
        return benches.run_ledger_bench(size, keep=keep, bar=progress_bar)
    with progress_bar(f"bench {name}") as progress:
        return benches.run_bench(name, benches.BENCHES[name](), progress=progress)


def _measure_head_office(name: str, asked: dict[str, Any]) -> "Figures":
    from agent.tools import bench as benches  # noqa: PLC0415
    from agent.tools.processes import ToolMissing  # noqa: PLC0415

    database = asked["database"]
    if database is not None and not database.startswith("postgresql+psycopg://"):
        raise click.UsageError("--database is a PostgreSQL: postgresql+psycopg://host/name")
    try:
        if name == "hub":
            size = benches.HubSize(backlog=asked["backlog"], devices=asked["devices"])
            return benches.run_hub_bench(size, database=database, bar=progress_bar)
        return benches.run_sync_bench(
            seconds=asked["seconds"],
            redemptions=_REDEMPTIONS,
            database=database,
            bar=progress_bar,
        )
    except ToolMissing as error:
        fail(str(error), code=1)

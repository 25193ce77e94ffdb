"""``tapledger doctor``: what stands between a store and its agent, and what to do about it."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.columns import plain, text_width, wrapped
from agent.cli.shown import fail, until_nobody_reads

if TYPE_CHECKING:
    from agent.doctor import Finding, Status

__all__ = ["doctor"]

_COLOURS: "dict[Status, str]" = {"ok": "green", "warn": "yellow", "fail": "red"}
_NAME = 13
_INDENT = 2 + 4 + 2 + _NAME + 2
_ARROW = "→ "


@click.command(short_help="Find what is wrong with this machine, and what to do.")
@click.option(
    "--config",
    "configs",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    required=True,
    help="The agent's configuration file, or the hub's; of several a later one wins.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each finding as a line of JSON.")
@click.option(
    "--listen",
    "listen_s",
    type=click.FloatRange(min=0.1, max=600),
    default=3.0,
    show_default=True,
    metavar="S",
    help="Listen so many seconds to readers and scanners, where no agent runs.",
)
@until_nobody_reads
def doctor(configs: tuple[Path, ...], as_json: bool, listen_s: float) -> None:
    """Find what is wrong with a store's machine, or head office's, and say what to do.

    Looks at the configuration, secrets, program, SQLite, disk, ledger, clock, devices, the way to
    head office and the certificates on it; with a hub's configuration at its secrets, database,
    disk, clock, the hub and the broker. Changes nothing. Run it as root, with or without the
    daemon. Exit code 1 where something fails; what is only doubtful leaves it 0.
    """
    found: Counter[str] = Counter()
    for finding in _findings(configs, listen_s):
        found[finding.status] += 1
        click.echo(json.dumps(asdict(finding), ensure_ascii=False) if as_json else _line(finding))
    if not as_json:
        click.echo(_sum(found))
    if found["fail"]:
        raise SystemExit(1)


def _findings(configs: tuple[Path, ...], listen_s: float) -> "Iterator[Finding]":
    """Examine the machine that a configuration is for."""
    from agent.doctor.configuration import is_of_a_hub  # noqa: PLC0415 - see below

    if is_of_a_hub(configs):
        try:
            from agent.doctor.head_office import HeadOfficeExamination  # noqa: PLC0415 - see below
        except ImportError as error:
            fail(f"{error}; install tapledger with its 'hub' extra", code=1)
        return HeadOfficeExamination(files=configs, meanwhile=_told_meanwhile).findings()
    from agent.doctor.examination import Examination  # noqa: PLC0415 - it needs all that the agent does

    return Examination(files=configs, listen_s=listen_s, meanwhile=_told_meanwhile).findings()


def _line(finding: "Finding") -> str:
    """Write a finding: how it is, of what, and under it what to do."""
    width = text_width() - _INDENT
    status = click.style(f"{finding.status:<4}", fg=_COLOURS[finding.status], bold=True)
    name = plain(finding.name)
    # A name that is wider than its column has the first line for itself.
    first, *more = [*([""] if len(name) > _NAME else []), *wrapped(finding.said, width)]
    lines = [f"  {status}  {click.style(f'{name:<{_NAME}}', bold=True)}  {first}".rstrip()]
    lines += [" " * _INDENT + line for line in more]
    if finding.advice is not None:
        arrow = _ARROW
        for line in wrapped(finding.advice, width - len(_ARROW)):
            lines.append(" " * _INDENT + click.style(arrow + line, fg="cyan"))
            arrow = " " * len(_ARROW)
    return "\n".join(lines)


def _sum(found: Counter[str]) -> str:
    """Say how many of each there are."""
    told = [f"{found[status]} {status}" for status in ("fail", "warn", "ok") if found[status]]
    worst: Status = "fail" if found["fail"] else "warn" if found["warn"] else "ok"
    return "\n  " + click.style(", ".join(told), fg=_COLOURS[worst], bold=True)


@contextmanager
def _told_meanwhile(what: str) -> Iterator[None]:
    """Show on the terminal what is being done, for as long as it is."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(f"  …   {what}"[: shutil.get_terminal_size().columns - 1], err=True, nl=False)
    try:
        yield
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)

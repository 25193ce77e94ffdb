"""``tapledger ledger export``: the entries themselves, for programs and for spreadsheets.

It reads on where something of a ledger cannot be read: what is left out is said at the end, and the
exit code is 1.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import click

from agent.cli.options import db_option, must_exist
from agent.cli.shown import plain_errors, progress_bar, say_left_out, until_nobody_reads
from agent.core.entry import Entry, Position
from agent.ledger import LedgerDamaged
from agent.ledger.history import walk
from agent.ledger.places import Places
from agent.ledger.tables import CSV_COLUMNS, csv_line, csv_row, masked_line

__all__ = ["export"]


@click.command()
@db_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help="Without it jsonl, or csv for a file that is so called.",
)
@click.option("--out", type=click.Path(path_type=Path), help="A file; standard output without one.")
@click.option("--card-numbers", is_flag=True, help="JSON Lines to the byte, card numbers and all.")
@plain_errors
@until_nobody_reads
def export(db: Path, form: str | None, out: Path | None, card_numbers: bool) -> None:
    """Write every entry of this store, as JSON Lines or CSV.

    Oldest first; a balance is the one that was told at the till. Card numbers are masked. With
    --card-numbers each line is the very bytes that were hashed; a table has no column for them.
    """
    must_exist(db)
    if form is None:
        form = "csv" if out is not None and out.suffix.lower() == ".csv" else "jsonl"
    if form == "csv" and card_numbers:
        raise click.UsageError(
            "a table has no card numbers: --card-numbers is for JSON Lines (--format jsonl)"
        )
    left_out: list[LedgerDamaged] = []
    with ExitStack() as opened:
        target = sys.stdout if out is None else opened.enter_context(_private(out, db))
        progress = opened.enter_context(progress_bar("exporting", hidden=out is None))
        if form == "csv":
            target.write(csv_line(CSV_COLUMNS))
        for position, canonical in walk(db, progress=progress, unreadable=left_out.append):
            try:
                target.write(_line(form, position, canonical, card_numbers=card_numbers))
            except ValueError as error:  # a MalformedEntry, or bytes that are no text
                left_out.append(LedgerDamaged(f"entry {position.epoch}:{position.seq}: {error}"))
        target.flush()
    say_left_out(left_out)


def _private(out: Path, db: Path) -> TextIO:
    """Open a file that is nobody else's to read, unless it is there and its owner lets them."""
    if out.resolve() in {path.resolve() for path in Places(db).live}:
        raise click.BadParameter("is the ledger itself; name another file", param_hint="--out")
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _line(form: str, position: Position, canonical: bytes, *, card_numbers: bool) -> str:
    if form == "csv":
        return csv_row(position, Entry.read(canonical))
    return (canonical if card_numbers else masked_line(canonical)).decode() + "\n"

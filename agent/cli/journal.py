"""``tapledger ledger history|export``: the entries themselves, for people and for programs.

Both read on where something of a ledger cannot be read: what they leave out is said at the end, and
the exit code is 1.
"""

import json
import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO

import click

from agent.cli.options import as_json_option, db_option, must_exist
from agent.cli.shown import fail, plain_errors, progress_bar, until_nobody_reads
from agent.cli.whose import checked_whose, shown
from agent.core.entry import Entry, Position
from agent.core.facts import kind_of
from agent.core.tokens import Token, TokenRefused
from agent.ledger import LedgerDamaged, View
from agent.ledger.history import history_of, walk
from agent.ledger.migrations import open_known
from agent.ledger.places import Places
from agent.ledger.tables import CSV_COLUMNS, csv_line, masked_line, row_of

__all__ = ["export", "history"]


@click.command()
@db_option
@as_json_option
@click.argument("whose", nargs=-1, required=True, metavar="WHOSE")
@plain_errors
@until_nobody_reads
def history(db: Path, as_json: bool, whose: tuple[str, ...]) -> None:
    """Print what happened to an account.

    WHOSE is an account, or a card as ``scheme:value`` or its bare number. Oldest first.
    """
    must_exist(db)
    # In parts, because a number may be typed with blanks; what is left over would be printed.
    wanted = checked_whose(" ".join(whose), hint="WHOSE")
    account = _account_of(db, wanted)
    left_out: list[LedgerDamaged] = []
    with progress_bar("reading", hidden=as_json or not sys.stdout.isatty()) as progress:
        told = list(history_of(db, account, progress=progress, unreadable=left_out.append))
    for position, entry in told:
        click.echo(json.dumps(row_of(position, entry)) if as_json else _told(position, entry))
    _say(left_out)
    if not told:
        fail(f"no entry speaks of {shown(wanted)}", code=1)


@click.command()
@db_option
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path), help="A file; standard output without one.")
@click.option("--card-numbers", is_flag=True, help="JSON Lines to the byte, card numbers and all.")
@plain_errors
@until_nobody_reads
def export(db: Path, form: str, out: Path | None, card_numbers: bool) -> None:
    """Write every entry, as JSON Lines or CSV.

    Oldest first. Card numbers are masked. With --card-numbers each line is the very bytes that were
    hashed.
    """
    must_exist(db)
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
    _say(left_out)


def _private(out: Path, db: Path) -> TextIO:
    """Open a file that is nobody else's to read, unless it is there and its owner lets them."""
    if out.resolve() in {path.resolve() for path in Places(db).live}:
        raise click.BadParameter("is the ledger itself; name another file", param_hint="--out")
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _line(form: str, position: Position, canonical: bytes, *, card_numbers: bool) -> str:
    if form == "csv":
        return csv_line(row_of(position, Entry.read(canonical)).values())
    return (canonical if card_numbers else masked_line(canonical)).decode() + "\n"


def _say(left_out: list[LedgerDamaged]) -> None:
    """End with what could not be read, where something could not."""
    if left_out:
        lines = [f"left out: {error}" for error in left_out]
        lines.append("everything else is there; 'tapledger ledger verify' says what does not hold")
        fail("\n".join(lines), code=1)


def _account_of(db: Path, whose: str) -> str:
    """Answer the account that a card belongs to; what is no known card is taken for an account."""
    try:
        token = Token.parse(whose)
    except TokenRefused:
        return whose
    with closing(open_known(db)) as connection:
        row = View(connection).account_of(token)
    return whose if row is None else row.account


def _told(position: Position, entry: Entry) -> str:
    row = row_of(position, entry)
    day = row["business_date"] or entry.recorded_at[:10]
    points = "" if row["points"] is None else f"{row['points']:+,}"
    about = row["sale_id"] or row["redemption_id"] or ""
    balance = "" if row["balance"] is None else f"balance {row['balance']:,}"
    return f"{day}  {kind_of(entry.fact):<28}{points:>10}  {about:<24} {balance}".rstrip()

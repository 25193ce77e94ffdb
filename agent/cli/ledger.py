"""``tapledger ledger``: look into a store's ledger, take it away, put it back."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import wraps
from pathlib import Path
from typing import Any

import click

from agent.cli.shown import fail, plain_errors, progress_bar
from agent.clock import device_clock, mint_id
from agent.core.entry import Entry, Position
from agent.core.facts import kind_of
from agent.core.tokens import Token, TokenRefused
from agent.ledger import LedgerDamaged, LedgerError, View, replay, verify_chain
from agent.ledger.backup import make_backup
from agent.ledger.connection import open_reader
from agent.ledger.history import history_of, walk
from agent.ledger.lock import LedgerLock
from agent.ledger.places import Places
from agent.ledger.recovery import restore as restore_backup
from agent.ledger.ring import copy_segments
from agent.ledger.tables import CSV_COLUMNS, csv_line, masked_line, row_of

__all__ = ["ledger"]

_CONFIRMED_WITHIN_S = 10

_db = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The ledger's file.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def _until_nobody_reads(command: Callable[..., None]) -> Callable[..., None]:
    """End quietly where ``head`` or a pager has read enough."""

    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except BrokenPipeError:
            # Python flushes standard output once more at its end, and would complain again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return guarded


@click.group()
def ledger() -> None:
    """Look into a store's ledger; the agent may be running."""


@ledger.command()
@_db
@_json
@click.option("--chain", is_flag=True, help="Only sequence, hashes and seals: many times faster.")
@click.option("--quiet", is_flag=True, help="No bar; says only what does not hold.")
@plain_errors
def verify(db: Path, as_json: bool, chain: bool, quiet: bool) -> None:
    """Replay the journal from zero: chain, sequence, postings and projections.

    Exit code 1 names the first entry or row that does not hold.
    """
    _must_exist(db)
    try:
        with progress_bar("verifying", hidden=quiet) as progress:
            if chain:
                head = verify_chain(db, progress=progress)
                entries = _count(db)
            else:
                found = replay(db, progress=progress)
                head, entries = found.head, found.entries
    except LedgerDamaged as error:
        if as_json:
            click.echo(json.dumps({"damaged": str(error)}))
        raise
    if as_json:
        place = {"epoch": head.epoch, "seq": head.seq, "hash": head.hash.hex()}
        click.echo(json.dumps({"entries": entries, "head": place}))
    elif not quiet:
        click.secho(f"{entries} entries hold, head {head}", fg="green")


@ledger.command()
@_db
@_json
@click.option("--account", help="Only this account, with what is pending and held.")
@plain_errors
@_until_nobody_reads
def balance(db: Path, as_json: bool, account: str | None) -> None:
    """Print every account's active points."""
    _must_exist(db)
    with closing(open_reader(db)) as connection:
        view = View(connection)
        if account is None:
            balances = view.balances()
        else:
            buckets = ("active", "pending", "held")
            balances = {bucket: view.balance(account, bucket) for bucket in buckets}
    if as_json:
        click.echo(json.dumps(balances))
        return
    for name, points in sorted(balances.items()):
        click.echo(f"{name}  {points:>10,}")


@ledger.command()
@_db
@_json
@click.argument("whose")
@plain_errors
@_until_nobody_reads
def history(db: Path, as_json: bool, whose: str) -> None:
    """Print what happened to an account, or to the account of a card, oldest first.

    WHOSE is an account, or a card as ``scheme:value`` or its bare number.
    """
    _must_exist(db)
    account = _account_of(db, whose)
    shown = 0
    with progress_bar("reading", hidden=as_json or not sys.stdout.isatty()) as progress:
        found = list(history_of(db, account, progress=progress))
    for position, entry in found:
        shown += 1
        click.echo(json.dumps(row_of(position, entry)) if as_json else _told(position, entry))
    if not shown:
        fail(f"no entry speaks of {_masked(whose)}", code=1)


@ledger.command()
@_db
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path), help="A file; standard output without one.")
@click.option("--card-numbers", is_flag=True, help="JSON Lines to the byte, card numbers and all.")
@plain_errors
@_until_nobody_reads
def export(db: Path, form: str, out: Path | None, card_numbers: bool) -> None:
    """Write every entry, oldest first: as JSON Lines, or as CSV for a spreadsheet.

    Card numbers are masked. With --card-numbers each line is the very bytes that were hashed.
    """
    _must_exist(db)
    with ExitStack() as opened:
        progress = opened.enter_context(progress_bar("exporting", hidden=out is None))
        target = sys.stdout
        if out is not None:
            target = opened.enter_context(out.open("w", encoding="utf-8", newline=""))
        if form == "csv":
            target.write(csv_line(CSV_COLUMNS))
        for position, canonical in walk(db, progress=progress):
            if form == "csv":
                target.write(csv_line(row_of(position, Entry.read(canonical)).values()))
            else:
                shown = canonical if card_numbers else masked_line(canonical)
                target.write(shown.decode() + "\n")
        target.flush()


@ledger.command()
@_db
@_json
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another directory, to take away.",
)
@click.option("--hourly", is_flag=True, help="The small kind: projections and the newest entries.")
@plain_errors
def backup(db: Path, as_json: bool, to: Path | None, hourly: bool) -> None:
    """Back the ledger up while it is in use, sealed entries included where it goes elsewhere."""
    _must_exist(db)
    places = Places(db)
    with progress_bar("backing up") as progress:
        made = make_backup(places, "hourly" if hourly else "full", directory=to, progress=progress)
        if to is not None:
            copy_segments(places, to)
    path = (to or places.backups) / made.file
    if as_json:
        click.echo(json.dumps({"file": str(path), "head": made.head, "sha256": made.sha256}))
    else:
        click.secho(f"backed up to {path}", fg="green")


@ledger.command()
@_db
@click.argument("backup_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@plain_errors
def restore(db: Path, backup_file: Path) -> None:
    """Put a backup in the ledger's place; stop the agent first.

    The present files go to quarantine, and a new epoch begins: sales go on, and nothing is redeemed
    until head office or an operator (``ledger confirm``) says so.
    """
    places = Places(db)
    lock = LedgerLock(places.lock)
    lock.acquire()
    try:
        made = restore_backup(places, backup_file, clock=device_clock, mint_id=mint_id)
    finally:
        lock.release()
    click.secho(
        f"restored up to entry {made.head}; what was there is in {made.quarantine}", fg="green"
    )
    click.echo(
        f"Nothing is redeemed until head office agrees, or: tapledger ledger confirm --db {db}"
    )


@ledger.command()
@_db
@plain_errors
def confirm(db: Path) -> None:
    """Say that a ledger that was rebuilt or restored may redeem again."""
    _must_exist(db)
    with closing(open_reader(db)) as connection:
        why = View(connection).frozen()
    if why is None:
        click.echo("the ledger is not frozen; there is nothing to confirm")
        return
    Places(db).confirmation.touch(mode=0o600)
    if runs := _agent_runs(db):
        deadline_s = time.monotonic() + _CONFIRMED_WITHIN_S
        while Places(db).confirmation.exists() and time.monotonic() < deadline_s:
            time.sleep(0.1)
    if Places(db).confirmation.exists():
        when = "has not taken it yet; see its log" if runs else "will take it once it runs"
        click.echo(f"the agent {when} (frozen: {why})")
    else:
        click.secho("confirmed: points can be redeemed again", fg="green")


def _agent_runs(db: Path) -> bool:
    lock = LedgerLock(Places(db).lock)
    try:
        lock.acquire()
    except LedgerError:
        return True
    lock.release()
    return False


def _must_exist(db: Path) -> None:
    if not db.is_file():
        raise click.BadParameter(f"File '{db}' does not exist.", param_hint="--db")


def _count(db: Path) -> int:
    with closing(open_reader(db)) as connection:
        return View(connection).count()


def _account_of(db: Path, whose: str) -> str:
    """Answer the account that a card belongs to; what is no known card is taken for an account."""
    try:
        token = Token.parse(whose)
    except TokenRefused:
        return whose
    with closing(open_reader(db)) as connection:
        row = View(connection).account_of(token)
    return whose if row is None else row.account


def _masked(whose: str) -> str:
    """Name what was asked for, without a card's number: the screen may be a photograph."""
    try:
        return Token.parse(whose).masked
    except TokenRefused:
        return repr(whose)


def _told(position: Position, entry: Entry) -> str:
    row = row_of(position, entry)
    day = row["business_date"] or entry.recorded_at[:10]
    points = "" if row["points"] is None else f"{row['points']:+,}"
    about = row["sale_id"] or row["redemption_id"] or ""
    balance = "" if row["balance"] is None else f"balance {row['balance']:,}"
    return f"{day}  {kind_of(entry.fact):<28}{points:>10}  {about:<24} {balance}".rstrip()

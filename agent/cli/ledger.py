"""``tapledger ledger``: look into a store's ledger, take it away, put it back."""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

import click

from agent.cli.day import day
from agent.cli.flags import flags
from agent.cli.history import history
from agent.cli.journal import export
from agent.cli.options import as_json_option, db_option, must_exist
from agent.cli.shown import fail, plain_errors, progress_bar, until_nobody_reads
from agent.cli.whose import Several, account_meant, checked_whose, shown
from agent.clock import device_clock, mint_id
from agent.ledger import LedgerDamaged, LedgerError, View, replay, verify_chain
from agent.ledger.backup import make_backup
from agent.ledger.lock import LedgerLock
from agent.ledger.migrations import open_known
from agent.ledger.owner import kept_by_owner
from agent.ledger.places import Places
from agent.ledger.recovery import restore as restore_backup
from agent.ledger.ring import copy_segments

__all__ = ["ledger"]

_CONFIRMED_WITHIN_S = 10


@click.group()
def ledger() -> None:
    """Look into a store's ledger; the agent may be running."""


@ledger.command()
@db_option
@as_json_option
@click.option("--chain", is_flag=True, help="Only sequence, hashes and seals: many times faster.")
@click.option("--quiet", is_flag=True, help="No bar; says only what does not hold.")
@plain_errors
def verify(db: Path, as_json: bool, chain: bool, quiet: bool) -> None:
    """Replay the journal from zero.

    Holds chain, sequence, seals, postings and projections. Exit code 1 names the first entry or
    row that does not hold.
    """
    must_exist(db)
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
@db_option
@as_json_option
@click.option(
    "--account",
    metavar="A",
    help="Only this account's, with what is pending and held: its name, its end, or a card.",
)
@plain_errors
@until_nobody_reads
def balance(db: Path, as_json: bool, account: str | None) -> None:
    """Print every account's active points.

    As a till shows them: what the entries here say and what head office told of other stores, with
    accounts that were merged under the one that stands.
    """
    must_exist(db)
    with closing(open_known(db)) as connection:
        view = View(connection)
        balances = view.balances() if account is None else _of_one(view, account)
    if as_json:
        click.echo(json.dumps(balances))
        return
    for name, points in sorted(balances.items()):
        click.echo(f"{name}  {points:>10,}")


def _of_one(view: View, typed: str) -> dict[str, int]:
    """Answer what an account has, by its buckets; fails where nobody or several are meant."""
    whose = checked_whose(typed, hint="--account")
    try:
        account = account_meant(view, whose)
    except Several as several:
        fail(str(several), code=1)
    if not view.knows(account):
        fail(f"there is no account {shown(whose)}", code=1)
    return {bucket: view.balance(account, bucket) for bucket in ("active", "pending", "held")}


@ledger.command()
@db_option
@as_json_option
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another directory, to take away.",
)
@click.option("--hourly", is_flag=True, help="The small kind: projections and the newest entries.")
@plain_errors
def backup(db: Path, as_json: bool, to: Path | None, hourly: bool) -> None:
    """Back the ledger up while it is in use.

    With --to the sealed entries are taken along.
    """
    must_exist(db)
    places = Places(db)
    with kept_by_owner(places), progress_bar("backing up") as progress:
        made = make_backup(
            places,
            "hourly" if hourly else "full",
            directory=to,
            progress=progress,
            waiting=_say_waiting,
        )
        if to is not None:
            copy_segments(places, to / made.file)
    path = (to or places.backups) / made.file
    if as_json:
        click.echo(json.dumps({"file": str(path), "head": made.head, "sha256": made.sha256}))
    else:
        click.secho(f"backed up to {path}", fg="green")


@ledger.command()
@db_option
@click.argument("backup_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@plain_errors
def restore(db: Path, backup_file: Path) -> None:
    """Put a backup in the ledger's place; stop the agent first.

    The present files go to quarantine, and a new epoch begins: sales go on, and nothing is redeemed
    until head office or an operator (``ledger confirm``) says so.
    """
    places = Places(db)
    lock = LedgerLock(places.lock)
    with kept_by_owner(places):
        lock.acquire()
        try:
            made = restore_backup(places, backup_file, clock=device_clock, mint_id=mint_id)
        finally:
            lock.release()
    click.secho(
        f"restored up to entry {made.head}; what was there is in {made.quarantine}", fg="green"
    )
    if made.left_out:
        click.secho(
            f"{made.left_out:,} older entries were left out: their sealed files are not beside the "
            "backup, or do not hold. The balances are those of the backup.",
            fg="yellow",
        )
    click.echo(
        f"Nothing is redeemed until head office agrees, or: tapledger ledger confirm --db {db}"
    )


@ledger.command()
@db_option
@plain_errors
def confirm(db: Path) -> None:
    """Let a rebuilt or restored ledger redeem again."""
    must_exist(db)
    with closing(open_known(db)) as connection:
        why = View(connection).frozen()
    if why is None:
        click.echo("the ledger is not frozen; there is nothing to confirm")
        return
    with kept_by_owner(Places(db)):
        Places(db).confirmation.touch(mode=0o600)
        runs = _agent_runs(db)
    if runs:
        deadline_s = time.monotonic() + _CONFIRMED_WITHIN_S
        while Places(db).confirmation.exists() and time.monotonic() < deadline_s:
            time.sleep(0.1)
    if Places(db).confirmation.exists():
        when = "has not taken it yet; see its log" if runs else "will take it once it runs"
        click.echo(f"the agent {when} (frozen: {why})")
    else:
        click.secho("confirmed: points can be redeemed again", fg="green")


def _say_waiting() -> None:
    line = "" if not sys.stderr.isatty() else "\n"  # the bar has begun one
    click.echo(f"{line}another backup is being made there; waiting for it to end", err=True)


def _agent_runs(db: Path) -> bool:
    lock = LedgerLock(Places(db).lock)
    try:
        lock.acquire()
    except LedgerError:
        return True
    lock.release()
    return False


def _count(db: Path) -> int:
    with closing(open_known(db)) as connection:
        return View(connection).count()


ledger.add_command(day)
ledger.add_command(flags)
ledger.add_command(history)
ledger.add_command(export)

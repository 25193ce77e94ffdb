"""``tapledger ledger history``: what happened to a member, for whoever has to answer a complaint.

It reads on where something of a ledger cannot be read: what is left out is said at the end, and the
exit code is 1.
"""

import json
import re
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from agent.cli.options import as_json_option, db_option, must_exist
from agent.cli.shown import fail, plain_errors, progress_bar, say_left_out, until_nobody_reads
from agent.cli.told import told, told_titles
from agent.cli.whose import Several, account_meant, checked_whose, shown
from agent.core.entry import Entry, MalformedEntry, Position, Recorded
from agent.ledger import LedgerDamaged, View
from agent.ledger.history import Asked, history_of
from agent.ledger.migrations import open_known
from agent.ledger.places import Places
from agent.ledger.segments import Archive
from agent.ledger.tables import row_of

__all__ = ["history"]

_REFERENCE = re.compile(r"(?:ref)?(\d{1,15}):(\d{1,15})(?::([0-9a-f]{8}))?", re.IGNORECASE)
"""What a receipt shows below its points: epoch, seq, and the hash's first digits."""


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """Whose history, and the entry that was asked for, where it was one."""

    name: str
    by: Asked | None
    """None where the entry speaks of none of them: then it alone is shown."""
    meant: Recorded | None = None


@click.command()
@db_option
@as_json_option
@click.argument("whose", nargs=-1, required=True, metavar="WHOSE")
@plain_errors
@until_nobody_reads
def history(db: Path, as_json: bool, whose: tuple[str, ...]) -> None:
    """Print what happened to an account, or of a sale or a redemption.

    WHOSE is an account, its end as ``ledger flags`` prints it, a card as ``scheme:value`` or its
    bare number; the POS's own id of a sale or of a redemption: then its entries alone, a sale's
    with those of its redemptions; or the reference on a receipt (``0:32``): then the account's
    history, or that of a sale without one, with the entry in bold. Only what was written here is
    shown, and not what happened at other stores; balances are those that were told. Oldest first,
    times as this machine's clock shows them. Points without a sign were held, given back or no
    longer pending: they neither came nor went.
    """
    must_exist(db)
    # In parts, because a number may be typed with blanks; what is left over would be printed.
    typed = "".join(" ".join(whose).split())
    wanted = _wanted(db, typed)
    left_out: list[LedgerDamaged] = []
    with progress_bar("reading", hidden=as_json or not sys.stdout.isatty()) as progress:
        if wanted.by is None and wanted.meant is not None:
            found = [(wanted.meant.position, wanted.meant.entry)]
        else:
            found = list(
                history_of(
                    db,
                    wanted.name,
                    by=wanted.by or "account",
                    progress=progress,
                    unreadable=left_out.append,
                )
            )
    _print(found, wanted, left_out, as_json=as_json)
    say_left_out(left_out)
    if not found:
        fail(f"no entry speaks of {shown(typed)}", code=1)


def _wanted(db: Path, typed: str) -> _Wanted:
    """Find out whose history it is. Raises LedgerDamaged for an entry that cannot be read."""
    with closing(open_known(db)) as connection:
        view = View(connection, Archive(Places(db).segments))
        slip = _of_slip(view, typed)
        if slip is not None:  # a sale's id may well look like the number of a card
            return slip
        typed = checked_whose(typed, hint="WHOSE")
        reference = _REFERENCE.fullmatch(typed)
        if reference is not None and not view.knows(typed):
            return _of_entry(view, *reference.groups())
        try:
            return _Wanted(name=account_meant(view, typed), by="account")
        except Several as several:
            fail(str(several), code=1)


def _of_slip(view: View, typed: str) -> _Wanted | None:
    """Find the sale or the redemption to which the POS gave this id."""
    if view.places_of_sale(typed):
        return _Wanted(name=typed, by="sale_id")
    if view.hold(typed) is not None:
        return _Wanted(name=typed, by="redemption_id")
    return None


def _of_entry(view: View, epoch: str, seq: str, digits: str | None) -> _Wanted:
    recorded = view.entry_at(int(epoch), int(seq))
    place = f"{int(epoch)}:{int(seq)}"
    if recorded is None:
        fail(f"there is no entry {place} here", code=1)
    if digits is not None and not recorded.hash.hex().startswith(digits.lower()):
        fail(
            f"entry {place} is {recorded.position}, not the one of this receipt, which is from "
            "another store, or from a life of this ledger that was lost",
            code=1,
        )
    fact = recorded.entry.fact
    account, sale_id = (getattr(fact, name, None) for name in ("account", "sale_id"))
    if account is not None:
        return _Wanted(name=account, by="account", meant=recorded)
    by: Asked | None = None if sale_id is None else "sale_id"
    return _Wanted(name=sale_id or place, by=by, meant=recorded)


def _print(
    found: list[tuple[Position, Entry]],
    wanted: _Wanted,
    left_out: list[LedgerDamaged],
    *,
    as_json: bool,
) -> None:
    meant = None if wanted.meant is None else wanted.meant.position.place
    lines = []
    for position, entry in found:
        try:
            row = row_of(position, entry)
        except MalformedEntry as error:
            left_out.append(LedgerDamaged(f"entry {position.epoch}:{position.seq}: {error}"))
            continue
        is_meant = position.place == meant
        lines.append(json.dumps(row) if as_json else told(entry, row, meant=is_meant))
    if lines and not as_json:
        if wanted.by is not None:
            click.echo(f"{wanted.by.removesuffix('_id')} {wanted.name}")
        click.echo(told_titles())
    for line in lines:
        click.echo(line)

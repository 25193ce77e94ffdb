"""``tapledger ledger flags``: what the journal flagged, and whose flags they are.

Names, ids and reasons are cut to their columns; ``--json`` has them whole.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from agent.cli.columns import CUT, WIDEST, head, local_time, tail
from agent.cli.options import DAY, as_json_option, db_option, must_exist
from agent.cli.shown import plain_errors, until_nobody_reads
from agent.cli.whose import checked_whose
from agent.core.facts import AdjustPoints
from agent.core.flags import FLAGS
from agent.core.tokens import Token, TokenRefused
from agent.ledger import FlagRow, LedgerDamaged, View
from agent.ledger.migrations import open_known
from agent.ledger.places import Places
from agent.ledger.segments import Archive

__all__ = ["flags"]

_PAGE = 500
_ADJUSTED = "points_adjusted"
_COLUMNS = {
    "date": 10,
    "time": 5,
    "flag": 23,
    "cashier": 8,
    "lane": 4,
    "account": 9,
    "sale/pts": 9,
    "entry": 7,
}
"""The columns and their widths; the reason behind them has what is left of a line."""

_WIDEST_BAR = 60
"""A flag is a stroke of the bar, until somebody has more of one than there is room for."""

_NOBODY = "(unnamed)"
_URGENT = ("card_over_and_over", "lookups_limited", "return_without_customer", "wrong_pin")


@click.command()
@db_option
@as_json_option
@click.option("--since", type=DAY, metavar="DATE", help="From this business date on.")
@click.option("--until", type=DAY, metavar="DATE", help="Up to this business date.")
@click.option("--flag", type=click.Choice(list(FLAGS)), help="Only this flag.")
@click.option("--cashier", metavar="C", help="Only this cashier's.")
@click.option(
    "--account", metavar="A", help="Only this account's: its name, its end as printed, or a card."
)
@plain_errors
@until_nobody_reads
def flags(
    db: Path,
    as_json: bool,
    since: datetime | None,
    until: datetime | None,
    flag: str | None,
    cashier: str | None,
    account: str | None,
) -> None:
    """List what was flagged, and who stands out.

    Oldest first, times as this machine's clock shows them; a summary by cashier and flag ends the
    list. An adjustment shows its points in the place of a sale, and in brackets behind its reason
    who agreed to it. With --json one object a line, everything whole.
    """
    must_exist(db)
    days = (_day(since, "0000"), _day(until, "9999-99-99"))
    wanted = checked_whose(account, hint="--account") if account else None
    with closing(open_known(db)) as connection:
        view = View(connection, Archive(Places(db).segments))
        ending = None if wanted is None else _ending_of(view, wanted)
        found = (
            row
            for row in _all_flags(view)
            if days[0] <= row.business_date <= days[1]
            and flag in (None, row.flag)
            and cashier in (None, row.cashier)
            and (ending is None or (row.account or "").endswith(ending))
        )
        told = ((row, _adjustment_of(view, row)) for row in found)
        if as_json:
            for row, fact in told:
                click.echo(_as_json(row, fact))
        else:
            _list(told)


def _day(given: datetime | None, without: str) -> str:
    return without if given is None else given.date().isoformat()


def _ending_of(view: View, wanted: str) -> str:
    """Answer a card's account, or what an account's name has to end with."""
    try:
        row = view.account_of(Token.parse(wanted))
    except TokenRefused:
        row = None
    return wanted.removeprefix(CUT) if row is None else row.account


def _all_flags(view: View) -> Iterator[FlagRow]:
    """Read page by page, so that no page of the ledger is held while somebody looks."""
    after = (-1, -1, "")
    while page := view.flags_after(after, at_most=_PAGE):
        yield from page
        after = page[-1][:3]


def _adjustment_of(view: View, row: FlagRow) -> AdjustPoints | None:
    """Read the entry of an adjustment; None for another flag, and where it is no longer here.

    Only what is printed is read: a look-up each, and of what was sealed a block of its segment.
    """
    if row.flag != _ADJUSTED:
        return None
    try:
        recorded = view.entry_at(row.epoch, row.seq)
    except LedgerDamaged:
        return None
    fact = None if recorded is None else recorded.entry.fact
    return fact if isinstance(fact, AdjustPoints) else None


def _as_json(row: FlagRow, fact: AdjustPoints | None) -> str:
    points, approver = (None, None) if fact is None else (fact.points, fact.approver)
    return json.dumps(row._asdict() | {"points": points, "approver": approver})


def _list(told: Iterator[tuple[FlagRow, AdjustPoints | None]]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    first = last = ""
    for row, fact in told:
        if not counts:
            titles = (f"{title:<{width}}" for title, width in _COLUMNS.items())
            click.secho("  ".join((*titles, "reason")), bold=True)
        click.echo(_told(row, fact))
        counts[row.cashier or _NOBODY, row.flag] += 1
        first = min(first or row.business_date, row.business_date)
        last = max(last, row.business_date)
    if not counts:
        click.echo("no flags")
        return
    click.echo()
    _sum_up(counts, first, last)


def _told(row: FlagRow, fact: AdjustPoints | None) -> str:
    about = row.sale_id if fact is None else f"{fact.points:+,}"
    cells = {
        "date": row.business_date,
        "time": local_time(row.recorded_at),
        "flag": row.flag,
        "cashier": head(row.cashier, _COLUMNS["cashier"]),
        "lane": head(row.lane, _COLUMNS["lane"]),
        "account": tail(row.account, _COLUMNS["account"]),
        "sale/pts": tail(about, _COLUMNS["sale/pts"]),
        "entry": f"{row.epoch}:{row.seq}",
    }
    padded = {name: f"{text:<{_COLUMNS[name]}}" for name, text in cells.items()}
    room = WIDEST - len("  ".join((*padded.values(), "")))
    padded["flag"] = click.style(padded["flag"], fg="red" if row.flag in _URGENT else "yellow")
    return "  ".join((*padded.values(), _why(row, fact, room)))


def _why(row: FlagRow, fact: AdjustPoints | None, room: int) -> str:
    """Show the reason, cut to its room; behind it, in brackets, who agreed to an adjustment."""
    if fact is None or fact.approver is None:
        return head(row.reason, room)
    agreed = f" ({head(fact.approver, _COLUMNS['cashier'])})"
    return head(row.reason, room - len(agreed)) + agreed


def _sum_up(counts: Counter[tuple[str, str]], first: str, last: str) -> None:
    """Print who has how many of which flag: whoever has most first."""
    in_all: Counter[str] = Counter()
    for (cashier, _flag), count in counts.items():
        in_all[cashier] += count
    most = max(counts.values())
    between = first if first == last else f"{first} to {last}"
    click.secho(
        f"{counts.total():,} {'flag' if counts.total() == 1 else 'flags'}, {between}", bold=True
    )
    for cashier, total in sorted(in_all.items(), key=lambda each: (-each[1], each[0])):
        click.echo()
        click.echo(f"{click.style(head(cashier, 40), bold=True)}  {total:,} in all")
        own = ((count, name) for (whose, name), count in counts.items() if whose == cashier)
        for count, name in sorted(own, key=lambda each: (-each[0], each[1])):
            bar = "━" * max(1, count * _WIDEST_BAR // max(most, _WIDEST_BAR))
            drawn = click.style(bar, fg="red" if name in _URGENT else "yellow")
            click.echo(f"  {name:<23}  {count:>7,}  {drawn}")
    click.echo()
    for name in sorted({name for _cashier, name in counts}):
        click.secho(f"{name:<23}  {FLAGS.get(name, '')}".rstrip(), dim=True)

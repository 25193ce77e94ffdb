"""``tapledger ledger day``: a business date by lane and cashier, to lay beside the POS's report.

Two tables, of money and of points, each with its totals below it.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from agent.cli.columns import head
from agent.cli.options import DAY, as_json_option, db_option, must_exist
from agent.cli.shown import plain_errors, until_nobody_reads
from agent.core.answer import JournalPosition
from agent.core.money import format_money
from agent.ledger import View
from agent.ledger.migrations import open_known
from agent.till import DayAnswer
from agent.till.days import DaySums, ForeignSums, LaneSums, sums_of

__all__ = ["day"]

_MONEY = (
    *("lane", "cashier", "currency", "sales", "total", "returns", "returned", "voids", "voided"),
    "net",
)
_POINTS = (
    *("lane", "cashier", "points", "claims", "redemptions", "redeemed", "taken", "given"),
    *("adjustments", "adjusted"),
)
_NAMES = ("lane", "cashier", "currency")
_ALL = "total"

_Row = tuple[str, ...]


@click.command()
@db_option
@as_json_option
@click.argument("date", type=DAY, metavar="DATE")
@plain_errors
@until_nobody_reads
def day(db: Path, as_json: bool, date: datetime) -> None:
    """Print a business date's sums by lane and cashier, with totals.

    DATE is as the POS said it, ``YYYY-MM-DD``. With --json what ``GET /v1/days`` answers.
    """
    must_exist(db)
    with closing(open_known(db)) as connection:
        connection.execute("BEGIN")  # the sums and what they are as of belong together
        answer = _answer(View(connection), date)
        connection.execute("COMMIT")
    if as_json:
        click.echo(answer.model_dump_json())
    elif not answer.lanes:
        click.echo(f"nothing happened on {answer.business_date}")
    else:
        _print(answer)


def _answer(view: View, date: datetime) -> DayAnswer:
    """Add a day up in the currency of most of its sales: the program's file is not at hand."""
    sales: Counter[str] = Counter()
    rows = view.day(date.date().isoformat())
    for _lane, _cashier, currency, change in rows:
        if currency:
            sales[currency] += change.sales
    currency = sales.most_common(1)[0][0] if sales else ""
    lanes, total = sums_of(rows, currency)
    return DayAnswer(
        business_date=date.date(),
        currency=currency,
        lanes=lanes,
        total=total,
        as_of=JournalPosition.of(view.head()),
    )


def _print(answer: DayAnswer) -> None:
    of_lanes = list(answer.lanes)
    money = [row for sums in of_lanes for row in _money(_who(sums), sums, answer.currency)]
    totals = list(_money((_ALL, ""), answer.total, answer.currency))
    click.echo(f"{answer.business_date}, up to entry {answer.as_of.epoch}:{answer.as_of.seq}")
    click.echo()
    _table(_MONEY, money, totals)
    click.echo()
    points = [_points(_who(sums), sums) for sums in of_lanes]
    _table(_POINTS, points, [_points((_ALL, ""), answer.total)])


def _who(sums: LaneSums) -> _Row:
    return head(sums.lane, 8), head(sums.cashier, 12)


def _money(who: _Row, sums: DaySums, currency: str) -> Iterator[_Row]:
    """Put sales and what came back of them in a row for each currency that has any."""
    if any(getattr(sums, name) for name in ForeignSums.model_fields):
        yield _of_currency(who, sums, currency)
    for name, foreign in sums.other_currencies.items():
        yield _of_currency(who, foreign, name)


def _of_currency(who: _Row, sums: DaySums | ForeignSums, currency: str) -> _Row:
    net_minor = sums.total_minor - sums.returned_minor - sums.voided_minor
    total, returned, voided, net = (
        format_money(minor, currency).removesuffix(f" {currency}")
        for minor in (sums.total_minor, sums.returned_minor, sums.voided_minor, net_minor)
    )
    sales, returns, voids = (f"{count:,}" for count in (sums.sales, sums.returns, sums.voids))
    return *who, currency, sales, total, returns, returned, voids, voided, net


def _points(who: _Row, sums: DaySums) -> _Row:
    numbers = (
        *(sums.points, sums.claims, sums.redemptions, sums.redeemed_points),
        *(sums.points_taken, sums.points_given, sums.adjustments, sums.adjusted_points),
    )
    return *who, *(f"{number:,}" for number in numbers)


def _table(titles: _Row, rows: list[_Row], totals: list[_Row]) -> None:
    if not totals:
        return
    lines = [titles, *rows, *totals]
    widths = [max(len(line[at]) for line in lines) for at in range(len(titles))]
    for number, line in enumerate(lines):
        padded = (
            f"{cell:<{width}}" if title in _NAMES else f"{cell:>{width}}"
            for title, cell, width in zip(titles, line, widths, strict=True)
        )
        is_bold = number == 0 or number > len(rows)
        click.echo(click.style("  ".join(padded), bold=True) if is_bold else "  ".join(padded))

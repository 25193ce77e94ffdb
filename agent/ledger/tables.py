"""An entry as one row of a table: what a spreadsheet or a person wants to see first."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from agent.core.entry import Entry, MalformedEntry, Position
from agent.core.facts import AccumulatePoints, kind_of
from agent.core.facts.sales import SaleSummary
from agent.core.flags import flags_of
from agent.core.postings import PROGRAM, postings_of
from agent.core.tokens import Token, TokenRefused
from agent.core.vouchers import masked

__all__ = ["CSV_COLUMNS", "Row", "csv_line", "csv_row", "masked_line", "row_of"]

Row = dict[str, str | int | None]

_FIELDS = ("account", "sale_id", "redemption_id", "balance", "reason", "approver", "reward")
_BY_WHOM = ("cashier", "lane")
_OF_SALES = ("total_minor", "currency")

CSV_COLUMNS = (
    "epoch",
    "seq",
    "hash",
    "recorded_at",
    "business_date",
    "kind",
    "points",
    "account",
    "sale_id",
    "redemption_id",
    "balance",
    "reason",
    "cashier",
    "lane",
    "flag",
    "total_minor",
    "currency",
    "approver",
)
"""The columns of an export; new ones come at the end, where no formula counts on them."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row_of(position: Position, entry: Entry) -> Row:
    """Put an entry in columns. ``points`` is what it added to the member's points, or took away.

    Lane, cashier, total and currency of a sale are its basket's. Several flags have a blank between
    them. Card numbers are left out: a table is mailed around. Costs some 10 µs. Raises
    MalformedEntry for a sale whose basket has none of this.
    """
    fact = entry.fact
    moved = [p.points for p in postings_of(fact) if p.owner != PROGRAM]
    day = entry.business_date
    row: Row = {
        "epoch": position.epoch,
        "seq": position.seq,
        "hash": position.hash.hex(),
        "recorded_at": entry.recorded_at,
        "business_date": None if day is None else day.isoformat(),
        "kind": kind_of(fact),
        "points": sum(moved) if moved else None,
        "flag": " ".join(flags_of(fact)) or None,
    }
    sale = _summary(fact) if isinstance(fact, AccumulatePoints) else None
    row |= {name: getattr(fact, name, None) for name in _FIELDS}
    row |= {name: getattr(sale or fact, name, None) for name in _BY_WHOM}
    return row | {name: getattr(sale, name, None) for name in _OF_SALES}


def _summary(fact: AccumulatePoints) -> SaleSummary:
    try:
        return fact.summary
    except msgspec.MsgspecError as error:
        raise MalformedEntry(f"its sale: {error}") from error


def masked_line(canonical: bytes) -> bytes:
    """Write an entry's JSON anew with its card numbers and voucher codes masked.

    Its hash is of other bytes. Raises MalformedEntry for bytes that are no entry.
    """
    try:
        entry = msgspec.json.decode(canonical)
        fact = entry["fact"]
        holders = (fact, fact.get("sale"))
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError) as error:
        raise MalformedEntry(str(error)) from error
    for holder in holders:
        _mask(holder)
    return msgspec.json.encode(entry)


def _mask(holder: Any) -> None:
    for key in ("token", "replaced_by"):
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            try:
                holder[key] = Token.parse(holder[key]).masked
            except TokenRefused:
                holder[key] = "*"
    if isinstance(holder, dict) and isinstance(holder.get("code"), str):
        holder["code"] = masked(holder["code"])
    cards = holder.get("stamps") if isinstance(holder, dict) else None
    for card in cards if isinstance(cards, list) else ():
        if isinstance(card, dict) and isinstance(card.get("vouchers"), list):
            card["vouchers"] = [masked(str(code)) for code in card["vouchers"]]


def csv_row(position: Position, entry: Entry) -> str:
    """Write an entry as one line of CSV. Raises MalformedEntry as ``row_of`` does."""
    row = row_of(position, entry)
    return csv_line(row[name] for name in CSV_COLUMNS)


def csv_line(values: Iterable[object]) -> str:
    """Write one line of CSV (RFC 4180); a text that a spreadsheet would run is made inert."""
    line = io.StringIO()
    csv.writer(line).writerow(["" if value is None else _inert(value) for value in values])
    return line.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

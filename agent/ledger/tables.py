"""An entry as one row of a table: what a spreadsheet or a person wants to see first."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from agent.core.entry import Entry, MalformedEntry, Position
from agent.core.facts import kind_of
from agent.core.postings import PROGRAM, postings_of
from agent.core.tokens import Token, TokenRefused

__all__ = ["CSV_COLUMNS", "csv_line", "masked_line", "row_of"]

_FIELDS = ("account", "sale_id", "redemption_id", "balance", "reason", "cashier", "lane")

CSV_COLUMNS = (
    "epoch",
    "seq",
    "hash",
    "recorded_at",
    "business_date",
    "kind",
    "points",
    *_FIELDS,
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row_of(position: Position, entry: Entry) -> dict[str, object]:
    """Put an entry in columns. ``points`` is what it added to the member's points, or took away.

    Card numbers are left out: a table is mailed around.
    """
    moved = [p.points for p in postings_of(entry.fact) if p.owner != PROGRAM]
    day = entry.business_date
    row: dict[str, object] = {
        "epoch": position.epoch,
        "seq": position.seq,
        "hash": position.hash.hex(),
        "recorded_at": entry.recorded_at,
        "business_date": None if day is None else day.isoformat(),
        "kind": kind_of(entry.fact),
        "points": sum(moved) if moved else None,
    }
    return row | {name: getattr(entry.fact, name, None) for name in _FIELDS}


def masked_line(canonical: bytes) -> bytes:
    """Write an entry's JSON anew with its card numbers masked; its hash is of other bytes.

    Raises MalformedEntry for bytes that are no entry.
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


def csv_line(values: Iterable[object]) -> str:
    """Write one line of CSV (RFC 4180); a text that a spreadsheet would run is made inert."""
    line = io.StringIO()
    csv.writer(line).writerow(["" if value is None else _inert(value) for value in values])
    return line.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

"""What devices see, as lines on a terminal: one each, in words, a card never in full."""

import json
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from agent.cli.columns import NOTHING, head, plain

__all__ = ["REASONS", "NewsPrinter"]

_COLOURS = {
    "found": "green",
    "lost": "red",
    "agent": "red",
    "card": "cyan",
    "visit": "magenta",
    "refused": "yellow",
}
_PROOFS = {"any": "no proof", "uid": "can be cloned", "sdm": "signed"}
REASONS = {
    "checksum": "wrong checksum: noise, or wrong baud?",
    "framing": "no whole frame: noise, or wrong baud?",
    "length": "wrong length: another driver's device?",
    "check_digit": "wrong check digit: a damaged code?",
    "payment_card": "a payment card: not taken, not kept",
    "random_uid": "a number that changes with each tap",
    "provider_gsrn": "a member of staff's number",
    "mac": "its signature does not hold: forged?",
    "replay": "its signature was seen before: a copy?",
    "unreadable": "torn off, or means nothing here",
    "unknown": "no form that a card or a product has",
}
"""What each reason of a refusal says to a person, on the 39 characters that a line has left."""

_ONE = {"card": "card", "product": "product", "visit": "visit", "refused": "refused"}
_MANY = {"card": "cards", "product": "products", "visit": "visits", "refused": "refused"}


class NewsPrinter:
    """Prints each thing as it comes, as a line of words or of JSON, and counts it."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._seen: Counter[str] = Counter()
        self._began_s = time.monotonic()

    def show(self, news: Mapping[str, Any]) -> None:
        """Print one line."""
        self._seen[news["kind"]] += 1
        if self._as_json:
            click.echo(json.dumps(news, ensure_ascii=False))
            return
        line = f"{_when(news['at'])}  {head(news.get('device'), 10):<10}  "
        line += f"{head(news.get('lane'), 4):<4}  {news['kind']:<7}  "
        line = _cut(line + plain(_what(news)))
        kind = news["kind"]
        shown = click.style(line, fg=_COLOURS[kind]) if kind in _COLOURS else line
        click.echo(shown)

    def sum_up(self) -> None:
        """Print what was seen in all."""
        for_s = time.monotonic() - self._began_s
        if self._as_json:
            counted = {name: self._seen[name] for name in (*_ONE, "lost")}
            click.echo(json.dumps({"kind": "summary", "seconds": round(for_s, 1), **counted}))
            return
        parts = [
            f"{count} {_ONE[kind] if count == 1 else _MANY[kind]}"
            for kind in _ONE
            if (count := self._seen[kind])
        ]
        said = ", ".join(parts) or "nothing"
        click.secho(f"In {for_s:.0f} s: {said}.", bold=True)


_PREAMBLE = re.compile(r"could not open port \S+: |\[Errno -?\d+\] ", re.IGNORECASE)
"""What stands before the reason, and would leave no room for it."""


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S.%f}"[:-3]


def _what(news: Mapping[str, Any]) -> str:
    match news["kind"]:
        case "card":
            counter = f", tap {news['counter']}" if "counter" in news else ""
            return f"{news['token']}  {_PROOFS.get(news['proof'], '')}{counter}"
        case "product":
            named = (f"{name} {news[name]}" for name in ("lot", "expiry", "serial") if name in news)
            return "  ".join([news["gtin"], *named])
        case "visit":
            return f"{news['token']}  {news['change']} {news.get('zone') or ''}".rstrip()
        case "refused":
            return REASONS.get(news["reason"], str(news["reason"]))
        case "lost" | "agent":
            return _PREAMBLE.sub("", str(news.get("fault") or NOTHING))
        case _:
            return "there, and can be used"


def _cut(line: str) -> str:
    """Keep to one line of a terminal; a file gets all of it."""
    if not sys.stdout.isatty():
        return line
    return head(line, shutil.get_terminal_size().columns)

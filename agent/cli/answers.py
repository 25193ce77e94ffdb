"""An explanation as ``program explain`` prints it: JSON on one line, laid out on a terminal."""

import json
import re
import sys
from typing import Any

import click
from pydantic import TypeAdapter

from agent.core.explain import Explanation
from agent.core.tiers import NextTier

__all__ = ["as_answer", "print_json"]

_NUMBERS = re.compile(r"\[\s+\d+(?:,\s+\d+)*\s+\]")
"""A list of numbers, such as the lines that a rule counted: one row is enough for it."""

_EXPLANATION = TypeAdapter(Explanation)
_TOKEN = re.compile(r'(?P<text>"(?:\\.|[^"\\])*")(?P<key>:)?|(?P<word>-?\d+|true|false|null)')


def as_answer(explanation: Explanation) -> dict[str, Any]:
    """Put an explanation in JSON's own values; dates as ``YYYY-MM-DD``."""
    answer: dict[str, Any] = _EXPLANATION.dump_python(explanation, mode="json")
    answer["next_tier"] = _next(explanation.next_tier)
    for reward in answer["rewards"]:
        del reward["text"]  # where it is available `why` says it
    return answer


def _next(tier: NextTier | None) -> dict[str, object] | None:
    """Say what is missing in what counts: points or money."""
    if tier is None:
        return None
    missing = {"points": tier.points, "spend_minor": tier.spend_minor}
    named = {name: number for name, number in missing.items() if number is not None}
    return {"tier": tier.tier, "text": tier.text, **named}


def print_json(value: object) -> None:
    """Print JSON; for a person at a terminal in lines and colours."""
    if not sys.stdout.isatty():
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    laid_out = json.dumps(value, ensure_ascii=False, indent=2)
    in_rows = _NUMBERS.sub(lambda found: " ".join(found[0].split()), laid_out)
    click.echo(_TOKEN.sub(_coloured, in_rows))


def _coloured(found: re.Match[str]) -> str:
    if found["word"] is not None:
        return click.style(found["word"], fg="cyan")
    if found["key"] is not None:
        return click.style(found["text"], bold=True) + found["key"]
    return click.style(found["text"], fg="green")

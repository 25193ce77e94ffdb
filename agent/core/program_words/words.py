"""The small words of sentences: numbers, days, lists, and what a rule is about.

>>> listed(["tea", "coffee", "cake"]), listed(["tea", "coffee"], "or")
('tea, coffee and cake', 'tea or coffee')
>>> counted(1, "point"), counted(2500, "point")
('1 point', '2,500 points')
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from agent.core.basket import REWARD
from agent.core.point_words import PointWords
from agent.core.program import Program
from agent.core.program.parts import Lines
from agent.core.tokens import Proof

__all__ = [
    "PROVED",
    "about_lines",
    "between_days",
    "counted",
    "day_in_words",
    "listed",
    "moment_in_words",
    "of_points",
    "of_tiers",
    "sentence",
    "tier_names",
]

PROVED: Mapping[Proof, str] = {
    "any": "",
    "uid": "with a card that a reader read",
    "sdm": "with a card that signs what it says",
}
"""What a card must prove, behind what needs it."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Write words one after the other."""
    *before, final = words
    return f"{', '.join(before)} {last} {final}" if before else final


def counted(number: int, what: str) -> str:
    """Write a number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def of_points(program: Program, number: int) -> str:
    """Write a number of points, by the program's own name for them."""
    words = PointWords.in_first(program)
    return f"{number:,} {words.one if number == 1 else words.many}"


def day_in_words(day: date) -> str:
    """Write a day.

    >>> day_in_words(date(2026, 3, 1))
    '1 March 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(at: datetime) -> str:
    """Write a moment as the clock on the wall of its offset shows it."""
    return f"{day_in_words(at.date())} {at:%H:%M}"


def between_days(first: date | None, last: date | None) -> str:
    """Write from when to when, both days counted; empty where that is always."""
    if first is not None and first == last:
        return f"on {day_in_words(first)}"
    if first is not None and last is not None and first.replace(day=1) == last.replace(day=1):
        return f"from {first.day} to {day_in_words(last)}"
    began = "" if first is None else f"from {day_in_words(first)}"
    ended = "" if last is None else f"{'to' if began else 'up to'} {day_in_words(last)}"
    return f"{began} {ended}".strip()


def tier_names(program: Program, tiers: Iterable[str]) -> list[str]:
    """Answer what members call tiers, from the lowest."""
    named = {} if program.tiers is None else {tier.id: tier.text for tier in program.tiers.tier}
    wanted = {*tiers}
    return [text for tier, text in named.items() if tier in wanted]


def of_tiers(program: Program, tiers: Iterable[str]) -> str:
    """Write for whom something is; empty where it is for everybody."""
    names = tier_names(program, tiers)
    return f"for {listed(names)} members" if names else ""


def about_lines(rule: Lines, *, most: int = 8) -> str:
    """Write which lines a rule is about, in words that follow ``on``; empty where it is all.

    A reward line never is, and is not told.
    """
    wanted = _names(rule.categories, most) + _articles(rule.skus, most)
    left_out = _names(rule.exclude_categories - {REWARD}, 20)
    left_out += _articles(rule.exclude_skus, most)
    whole = listed(wanted) if wanted else ""
    if not left_out:
        return whole
    return f"{whole or 'everything'} but {listed(left_out)}"


def _names(codes: Iterable[str], most: int) -> list[str]:
    names = [code.replace("_", " ") for code in sorted(codes)]
    return names if len(names) <= most else [*names[:most], f"{len(names) - most} others"]


def _articles(skus: Iterable[str], most: int) -> list[str]:
    return [f"article {sku}" for sku in sorted(skus)[:most]] + (
        [f"{len(set(skus)) - most} other articles"] if len(set(skus)) > most else []
    )


def sentence(*parts: str, between: str = " ") -> str:
    """Join what is not empty to a sentence.

    >>> sentence("double points", "", "on fuel")
    'Double points on fuel.'
    """
    said = between.join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}."

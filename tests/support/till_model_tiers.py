"""Which tier a member is in, with a calendar and a pencil.

What counts is a list of days with so many points, or so much money, on each. A tier is reached at
once, kept for its time and the days of grace, and then it is what the period brings. Written from
what the program's file promises; it does not know how the till keeps a standing.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

__all__ = ["Place", "missing", "place_on"]

Counts = Sequence[tuple[date, int]]
_ONE_DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Place:
    """A tier by its number from the lowest, since when, and the last day for which it is sure."""

    tier: int
    since: date
    until: date | None


def place_on(rules: Mapping[str, Any], had: Place | None, counts: Counts, day: date) -> Place:
    """Answer where a member stands on a day, who stood at ``had`` before."""
    brings = _highest(rules, _sum(counts, _period(rules, day), day))
    if had is None:
        return _fallen(rules, brings, counts, day)
    if brings > had.tier:
        return _enter(rules, brings, day)
    if brings == had.tier > 0 and _again(rules, had, counts, day):
        return _enter(rules, brings, day)
    if had.until is None or day <= had.until + timedelta(rules.get("grace_days", 0)):
        return had
    if brings == had.tier:  # the period still brings it, though nothing was reached anew
        return had
    fallen = _fallen(rules, brings, counts, day)
    if rules.get("down") == "one" and fallen.tier < had.tier - 1:
        return _enter(rules, had.tier - 1, day)
    return fallen


def missing(rules: Mapping[str, Any], tier: int, counts: Counts, day: date) -> int | None:
    """Answer what is missing for the tier above; None in the highest."""
    if tier + 1 == len(rules["tier"]):
        return None
    has = _sum(counts, _period(rules, day), day)
    return max(0, rules["tier"][tier + 1]["reach"] - has)


def _sum(counts: Counts, first: date, last: date) -> int:
    return max(0, sum(number for day, number in counts if first <= day <= last))


def _highest(rules: Mapping[str, Any], number: int) -> int:
    return sum(1 for tier in rules["tier"] if tier["reach"] <= number) - 1


def _period(rules: Mapping[str, Any], day: date) -> date:
    """The first day of the year; or the one after the same day so many months ago."""
    if rules["period"] == "calendar_year":
        return date(day.year, 1, 1)
    same = _shifted(day, -rules["months"])
    return same if same.day == 1 and day.day != 1 else same + _ONE_DAY


def _shifted(day: date, months: int) -> date:
    """The same day of another month, or the first of the next where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if day.day <= last:
        return date(year, month + 1, day.day)
    return date(year, month + 1, last) + _ONE_DAY


def _again(rules: Mapping[str, Any], had: Place, counts: Counts, day: date) -> bool:
    """Whether as much as the tier takes was reached once more: in a new year; or since its day."""
    if rules["period"] == "calendar_year":
        only_by_last_year = rules["keep"] == "next_year" and had.until == date(day.year, 12, 31)
        return had.since.year < day.year or only_by_last_year
    since = max(_period(rules, day), had.since + _ONE_DAY)
    return since <= day and _highest(rules, _sum(counts, since, day)) >= had.tier


def _fallen(rules: Mapping[str, Any], brings: int, counts: Counts, day: date) -> Place:
    """What the period brings; or the more that last year does, to the end of this one."""
    if rules["keep"] == "next_year":
        last_year = date(day.year - 1, 1, 1), date(day.year - 1, 12, 31)
        kept = _highest(rules, _sum(counts, *last_year))
        if kept > brings:
            return Place(kept, day, date(day.year, 12, 31))
    return _enter(rules, brings, day)


def _enter(rules: Mapping[str, Any], tier: int, day: date) -> Place:
    if tier == 0:
        return Place(0, day, None)
    if rules["keep"] == "next_year":
        return Place(tier, day, date(day.year + 1, 12, 31))
    return Place(tier, day, _shifted(day, rules["keep_months"]) - _ONE_DAY)

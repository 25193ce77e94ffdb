"""Tiers: which one a member is in on a day, until when, and what the next one takes.

A member's standing is a tier with the day up to which it is kept. It changes at a sale that reaches
more, at once, and on the day after it was kept for the last time. All three places that ask (till,
head office, replay) ask these functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from msgspec import Struct
from pydantic import ConfigDict

from agent.core.account import Account
from agent.core.calendar import days_after, end_of_year, first_of_month, months_after
from agent.core.program import Program, Tier, TierRules
from agent.core.values import Code, Label

__all__ = ["NextTier", "Reached", "Standing", "next_tier", "period_began", "standing_on", "tier_of"]


Reached = Callable[[date], int]
"""Answers what counts for a member from a day on: points, or money in minor units."""


class Standing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tier, the day it was entered or kept anew, and the last day on which it is kept whatever is
    earned; None for the lowest.
    """

    tier: Code
    since: date
    kept_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NextTier:
    """The tier above, and what is missing for it: points, or money."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    tier: Code
    """The tier's id in the program."""
    text: Label
    """What it is called, in the program's first language."""
    points: int | None
    """Whole points that are missing; null where money counts."""
    spend_minor: int | None
    """Money that is missing, in minor units; null where points count."""


def tier_of(program: Program, account: Account) -> Tier | None:
    """Answer the tier that an account says it is in; None where the program has none."""
    rules = program.tiers
    return None if rules is None else rules.tier[rules.index(account.tier)]


def next_tier(program: Program, account: Account) -> NextTier | None:
    """Answer the tier above the account's own; None in the highest, or without tiers."""
    rules = program.tiers
    if rules is None:
        return None
    above = rules.tier[rules.index(account.tier) + 1 :]
    if not above:
        return None
    by_points = rules.count == "points"
    has = account.qualifying_points if by_points else account.qualifying_spend_minor
    short = max(0, above[0].reach - has)
    return NextTier(
        tier=above[0].id,
        text=above[0].text,
        points=short if by_points else None,
        spend_minor=None if by_points else short,
    )


def period_began(rules: TierRules, day: date) -> date:
    """Answer the first day whose points or money count on a day.

    >>> from agent.core.program import Tier
    >>> rules = TierRules(count="points", period="rolling", keep="months", months=12,
    ...                   tier=(Tier(id="green", text="Green", reach=0),))
    >>> period_began(rules, date(2026, 3, 10))
    datetime.date(2025, 3, 11)
    >>> period_began(rules, date(2028, 2, 29))  # the day after the month's last, if it ends before
    datetime.date(2027, 3, 1)
    """
    if rules.period == "calendar_year":
        return date(day.year, 1, 1)
    if day.year <= rules.months // 12 + 1:
        return date.min
    month = first_of_month(day, -rules.months)
    return min(days_after(month, day.day), first_of_month(month, 1))


def standing_on(rules: TierRules, before: Standing | None, reached: Reached, day: date) -> Standing:
    """Answer a member's standing on a day, with what counts up to and with that day.

    A higher tier is entered at once. The same one is kept anew when as much as it takes was reached
    again: in a new calendar year, or since the day it was entered or kept anew. One that was kept
    to its end and grace is left for what the period brings, or last year where that is kept in
    this one; with ``down = "one"`` for no less than the tier below it. The lowest is not kept, but
    what is left.
    """
    had = rules.index(None if before is None else before.tier)
    earned = _index_of(rules, reached(period_began(rules, day)))
    if before is None:
        return _brought(rules, earned, reached, day)
    if earned > had or (0 < earned == had and _is_reached_again(rules, before, reached, day)):
        return _entered(rules, earned, day)
    if before.kept_until is None or day <= days_after(before.kept_until, rules.grace_days):
        return before
    left = _brought(rules, earned, reached, day)
    if rules.down == "one" and rules.index(left.tier) < had:
        left = _entered(rules, had - 1, day)
    return before if earned == had else left


def _index_of(rules: TierRules, reached: int) -> int:
    return max(index for index, tier in enumerate(rules.tier) if tier.reach <= reached)


def _brought(rules: TierRules, earned: int, reached: Reached, day: date) -> Standing:
    """Answer the tier that the period brings, or the higher one that last year still does."""
    if (rules.period, rules.keep) == ("calendar_year", "next_year") and day.year > 1:
        since_last_year = reached(date(day.year - 1, 1, 1))
        kept = _index_of(rules, since_last_year - reached(date(day.year, 1, 1)))
        if kept > earned:
            return Standing(tier=rules.tier[kept].id, since=day, kept_until=end_of_year(day))
    return _entered(rules, earned, day)


def _is_reached_again(rules: TierRules, before: Standing, reached: Reached, day: date) -> bool:
    if rules.period == "calendar_year":
        from_last_year = rules.keep == "next_year" and before.kept_until == end_of_year(day)
        return before.since.year < day.year or from_last_year
    first = max(period_began(rules, day), days_after(before.since, 1))
    return first <= day and reached(first) >= rules.tier[rules.index(before.tier)].reach


def _entered(rules: TierRules, index: int, day: date) -> Standing:
    tier = rules.tier[index].id
    if index == 0:
        return Standing(tier=tier, since=day)
    if rules.keep == "next_year":
        return Standing(tier=tier, since=day, kept_until=end_of_year(day, 1))
    last_day = days_after(months_after(day, rules.keep_months), -1)
    return Standing(tier=tier, since=day, kept_until=last_day)

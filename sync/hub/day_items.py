"""What a store is told of a member's days: which points are left of which day, and what counts
toward tiers. Bounded, however long somebody has been a member. Pure.
"""

from collections import Counter

from agent.core.facts import LARGEST
from agent.core.program import Editions, TierRules
from sync.hub.member_days import MemberDays, left_of
from sync.messages import LotItem, MonthItem

__all__ = ["MOST_LOTS", "lots_of", "toward_of"]

MOST_LOTS = 60
"""So many lots are told by their day; those beyond, the newest, together."""


def lots_of(
    editions: Editions | None, days: MemberDays, *, active: int, pending: int
) -> tuple[LotItem, ...]:
    """Answer which of the active points came on which day, the oldest first; none where no version
    of the program lets points run out. Of many the newest are told under their newest day: they
    run out last, and are far from it.
    """
    if editions is not None and all(each.expiry is None for each in editions.programs):
        return ()
    left = left_of(days, active=active, pending=pending)
    beyond = left[MOST_LOTS:]
    if beyond:
        left = [*left[:MOST_LOTS], (beyond[-1][0], sum(points for _, points in beyond))]
    return tuple(LotItem(points=points, earned_on=day) for day, points in left)


def toward_of(editions: Editions | None, days: MemberDays) -> tuple[MonthItem, ...]:
    """Answer what counts toward tiers by month, or by year where whole years count, as far back as
    it may count still; none where the program has no tiers.
    """
    rules = None if editions is None else editions.newest.tiers
    if rules is None or not days.toward:
        return ()
    sums: Counter[str] = Counter()
    for day, (points, minor) in days.toward.items():
        sums[_month_of(rules, day)] += points if rules.count == "points" else minor
    first = _first(rules, max(days.toward))
    unit = "points" if rules.count == "points" else "spend_minor"
    return tuple(
        MonthItem(month=month, **{unit: max(-LARGEST, min(number, LARGEST))})
        for month, number in sorted(sums.items())
        if month >= first and number
    )


def _month_of(rules: TierRules, day: str) -> str:
    return f"{day[:4]}-01" if rules.period == "calendar_year" else day[:7]


def _first(rules: TierRules, newest: str) -> str:
    """Answer the first month that may still count on the newest day, or, of years, last year's."""
    year, month = int(newest[:4]), int(newest[5:7])
    if rules.period == "calendar_year":
        return f"{max(1, year - 1):04}-01"
    back = year * 12 + month - 1 - rules.months
    return f"{max(1, back // 12):04}-{back % 12 + 1:02}"

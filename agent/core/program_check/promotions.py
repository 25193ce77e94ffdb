"""Promotions that can never give anything, or never as much as they say."""

from collections.abc import Iterator

from agent.core.mistakes import Finding, Location
from agent.core.program import EarnRule, Program, Promotion
from agent.core.program.parts import WEEKDAYS
from agent.core.program_check.lines import have_a_line
from agent.core.program_check.moments import days_of, has_a_moment

__all__ = ["endless_visits", "idle_promotions", "lowered_bonuses"]

_SO = "so it never applies"


def idle_promotions(program: Program) -> Iterator[Finding]:
    """Find promotions that never give a point, with the key that keeps them from it."""
    for index, promotion in enumerate(program.promotion):
        at: Location = ("promotion", index)
        if not has_a_moment(program, promotion):
            yield _never(program, promotion, at)
        if promotion.multiplier is None:
            yield from _without_lines(program, promotion, at)
        else:
            yield from _multiplies_nothing(program, promotion, at)
        yield from _without_allowance(promotion, at)


def lowered_bonuses(program: Program) -> Iterator[Finding]:
    """Find bonuses that a cap or a limit never lets through whole."""
    limit = program.limits.points_per_sale
    for index, promotion in enumerate(program.promotion):
        caps = promotion.caps
        for key, most in (
            ("points_per_sale", caps.points_per_sale),
            ("points_per_day", caps.points_per_day),
            ("points_in_all", caps.points_in_all),
            ("the program's points_per_sale", limit),
        ):
            if promotion.bonus is not None and most is not None and most < promotion.bonus:
                what = f"{key} gives no more than {most} of it"
                yield Finding(("promotion", index, "bonus"), what, f"write bonus = {most}")


def endless_visits(program: Program) -> Iterator[Finding]:
    """Find what a visit brings with each sale of its day, however many there are."""
    for index, promotion in enumerate(program.promotion):
        caps = promotion.caps
        if promotion.occasion == "visit" and caps.times_per_day is None is caps.times_in_all:
            what = "a reader that saw the member once gives it with each sale of that day"
            fix = "write caps = { times_per_day = 1 }"
            yield Finding(("promotion", index, "caps"), what, fix)


def _never(program: Program, promotion: Promotion, at: Location) -> Finding:
    """Say which key leaves no moment: the one without which there would be one."""
    began = program.effective_from
    if promotion.last_day and began and promotion.last_day < began:
        what = f"it ends before the program begins on {began}, {_SO}"
        return Finding((*at, "last_day"), what, "take it out, or write a later last_day")
    if not (days := days_of(program, promotion)):
        what = f"starts_at to ends_at is on other days than first_day to last_day, {_SO}"
        key = "starts_at" if promotion.starts_at else "ends_at"
        return Finding((*at, key), what, "write moments on its days, or leave the days out")
    every_day = promotion.model_copy(update={"weekdays": frozenset()})
    if promotion.weekdays and has_a_moment(program, every_day):
        there = sorted({day.weekday() for day in days})
        names = ", ".join(f'"{WEEKDAYS[weekday]}"' for weekday in there)
        what = f"none of its weekdays is between its first and its last day, {_SO}"
        return Finding((*at, "weekdays"), what, f"these are: {names}")
    key = "hours" if promotion.hours else "starts_at"
    what = f"its hours, weekdays and days leave no moment, {_SO}"
    return Finding((*at, key), what, "write hours that are between its first and its last moment")


def _without_lines(program: Program, promotion: Promotion, at: Location) -> Iterator[Finding]:
    if not have_a_line(program, promotion):
        yield Finding(at, f"all that it is about is excluded, {_SO}", "take an exclusion out")


def _multiplies_nothing(program: Program, promotion: Promotion, at: Location) -> Iterator[Finding]:
    rules = [rule for rule in program.earn if not promotion.rules or rule.id in promotion.rules]
    names = ", ".join(f"'{rule.id}'" for rule in rules)
    for_them = [rule for rule in rules if _share_a_tier(rule, promotion)]
    if not for_them:
        theirs = sorted({tier for rule in rules for tier in rule.tiers})
        what = f"what it multiplies ({names}) is for other tiers, {_SO}"
        yield Finding((*at, "tiers"), what, f"of tiers, these can: {', '.join(theirs)}")
    elif not any(have_a_line(program, rule, promotion) for rule in for_them):
        key = next((key for key in ("categories", "skus", "rules") if getattr(promotion, key)), "")
        what = f"what it multiplies ({names}) gives nothing for such lines, {_SO}"
        place = (*at, key) if key else at
        yield Finding(place, what, "name what those rules count")


def _share_a_tier(rule: EarnRule, promotion: Promotion) -> bool:
    return not rule.tiers or not promotion.tiers or bool(rule.tiers & promotion.tiers)


def _without_allowance(promotion: Promotion, at: Location) -> Iterator[Finding]:
    budget = promotion.budget
    if budget is None:
        return
    stores = promotion.stores or {None, *budget.stores}
    if not any(budget.allowance(store) > 0 for store in stores):
        what = f"no store has an allowance of its budget, {_SO}"
        yield Finding(
            (*at, "budget"),
            what,
            "write each_store with other_stores, or the stores' own allowances",
        )

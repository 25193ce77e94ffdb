"""What a program's promotions say: what they give, when, where, and to whom."""

from collections.abc import Iterator
from datetime import time

from agent.core.money import format_money
from agent.core.point_words import PointWords
from agent.core.program import Program, Promotion, Reward
from agent.core.program.parts import WEEKDAYS
from agent.core.program_words.words import (
    about_lines,
    between_days,
    counted,
    listed,
    moment_in_words,
    of_points,
    of_tiers,
    sentence,
)

__all__ = ["on_birthday", "promotions"]

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_TIMES = {"2": "double", "3": "triple"}
_STACKING = {
    "best": "Where several of them apply to a sale, the one that gives most is given.",
    "all": "Where several of them apply to a sale, all are given.",
    "newest": "Where several of them apply to a sale, the one that began last is given.",
}


def promotions(program: Program) -> Iterator[str]:
    """Say what the promotions give."""
    for promotion in program.promotion:
        said = f"{promotion.text}: {_one(program, promotion)}"
        yield " ".join((said, *_caps(program, promotion), *_budget(program, promotion)))
    if sum(not promotion.always for promotion in program.promotion) > 1:
        yield _STACKING[program.stacking]


def _one(program: Program, promotion: Promotion) -> str:
    return sentence(
        _what(program, promotion) + _on(program, promotion),
        of_tiers(program, promotion.tiers),
        _occasion(program, promotion),
        _weekdays(promotion),
        _hours(promotion),
        between_days(promotion.first_day, promotion.last_day),
        _moments(promotion),
        _places(promotion),
        "beside any other promotion" if promotion.always else "",
        between=", ",
    )


def _what(program: Program, promotion: Promotion) -> str:
    if promotion.bonus is not None:
        return f"{of_points(program, promotion.bonus)} more for a sale"
    times = promotion.multiplier or "1"
    said = _TIMES.get(times.rstrip("0").rstrip(".") if "." in times else times)
    many = PointWords.in_first(program).many
    said = f"{said} {many}" if said else f"{times} times the {many}"
    if not promotion.rules:
        return said
    rules = listed([f"'{rule}'" for rule in sorted(promotion.rules)])
    return f"{said} by the {'rule' if len(promotion.rules) == 1 else 'rules'} {rules}"


def _on(program: Program, promotion: Promotion) -> str:
    """Say for which goods it is, and for how much of them."""
    lines = about_lines(promotion)
    if not promotion.minimum_minor:
        return f" on {lines}" if lines else ""
    least = format_money(promotion.minimum_minor, program.currency)
    return f" from {least} on, spent on {lines}" if lines else f" from {least} on"


def _occasion(program: Program, promotion: Promotion) -> str:
    days = counted(promotion.within_days, "day")
    match promotion.occasion:
        case "first_purchase":
            return "with a member's first purchase"
        case "welcome":
            return f"up to {days} after becoming a member"
        case "birthday":
            return on_birthday(program, promotion)
        case "visit":
            return f"when a reader saw the member at {promotion.zone} that day"
    return ""


def on_birthday(program: Program, promotion: Promotion | Reward) -> str:
    """Say when around the birthday something is there."""
    texts = {} if program.tiers is None else {tier.id: tier.text for tier in program.tiers.tier}
    days = promotion.within_days
    said = f"on the birthday and {counted(days, 'day')} after it" if days else "on the birthday"
    own = [
        f"{text} {counted(promotion.tier_days[tier], 'day')}"
        for tier, text in texts.items()
        if tier in promotion.tier_days
    ]
    return f"{said} ({listed(own)} from it)" if own else said


def _weekdays(promotion: Promotion) -> str:
    days = [_DAYS[at] for at, day in enumerate(WEEKDAYS) if day in promotion.weekdays]
    return f"on {listed(days)}" if days and len(days) < len(_DAYS) else ""


def _hours(promotion: Promotion) -> str:
    spans = [
        f"from {hours.start:%H:%M} to {hours.end:%H:%M}"
        + (" past midnight" if time(0) < hours.end < hours.start else "")
        for hours in promotion.hours
    ]
    return listed(spans) if spans else ""


def _moments(promotion: Promotion) -> str:
    starts, ends = promotion.starts_at, promotion.ends_at
    began = f"from {moment_in_words(starts)}" if starts else ""
    ended = f"until {moment_in_words(ends)}" if ends else ""
    return f"{began} {ended}".strip()


def _places(promotion: Promotion) -> str:
    stores = f"in {_some('store', promotion.stores)}" if promotion.stores else ""
    lanes = f"at {_some('lane', promotion.lanes)}" if promotion.lanes else ""
    return f"{stores} {lanes}".strip()


def _some(what: str, names: frozenset[str]) -> str:
    return f"{what if len(names) == 1 else what + 's'} {listed(sorted(names))}"


def _caps(program: Program, promotion: Promotion) -> Iterator[str]:
    caps = promotion.caps
    most = [
        (caps.points_per_sale, "point", "for a sale"),
        (caps.points_per_day, "point", "a day"),
        (caps.points_in_all, "point", "ever"),
        (caps.times_per_day, "time", "a day"),
        (caps.times_in_all, "time", "ever"),
    ]
    said = [
        f"{_most(program, number, what)} {when}"
        for number, what, when in most
        if number is not None
    ]
    if said:
        yield f"For each member at most {listed(said)}."


def _most(program: Program, number: int, what: str) -> str:
    if what == "point":
        return of_points(program, number)
    return "once" if number == 1 else counted(number, what)


def _budget(program: Program, promotion: Promotion) -> Iterator[str]:
    if (budget := promotion.budget) is None:
        return
    shares = [f"{store} {points:,}" for store, points in sorted(budget.stores.items())]
    if budget.each_store:
        others = counted(budget.other_stores or 0, "other store" if shares else "store")
        shares.append(f"{others} {budget.each_store:,} each")
    split = f" ({listed(shares)})" if shares else ""
    yield f"All stores together give at most {of_points(program, budget.points)}{split}."

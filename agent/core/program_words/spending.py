"""What a program says of what points buy, and when they run out."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from agent.core.expiry import gone_on
from agent.core.money import format_money
from agent.core.point_words import PointWords
from agent.core.program import Discount, Program, Reward
from agent.core.program_words.promotions import on_birthday
from agent.core.program_words.words import (
    PROVED,
    about_lines,
    between_days,
    counted,
    day_in_words,
    listed,
    of_points,
    of_tiers,
    sentence,
    tier_names,
)

__all__ = ["expiry", "spending"]

_SPENT_MINOR = 10_000
_EXAMPLE = date(2026, 12, 15)


def spending(program: Program) -> Iterator[str]:
    """Say what points buy."""
    if program.discount is not None:
        yield " ".join(_discount(program, program.discount))
    for reward in program.reward:
        yield f"{reward.text}: {_reward(program, reward)}"
    if program.rewards_per_sale is not None:
        most = counted(program.rewards_per_sale, "reward")
        goes = "goes" if program.rewards_per_sale == 1 else "go"
        many = PointWords.in_first(program).many
        too = f"; {many} as money off are one of them" if program.discount is not None else ""
        yield f"At most {most} {goes} with one sale{too}."


def expiry(program: Program) -> Iterator[str]:
    """Say when points run out."""
    rules, many = program.expiry, PointWords.in_first(program).many
    points = f"{many[:1].upper()}{many[1:]}"
    if rules is None:
        yield f"{points} never run out."
        return
    months = counted(rules.months, "month")
    match rules.kind:
        case "end_of_month":
            said = f"{points} run out {months} after the calendar month in which they were earned"
        case "rolling":
            said = f"{points} run out {months} after the day on which they were earned"
        case _:
            said = f"All {many} run out {months} after the last purchase or redemption"
    grace = f", with {counted(rules.grace_days, 'day')} of grace" if rules.grace_days else ""
    yield f"{said}{grace}; the oldest are spent first."
    gone = day_in_words(gone_on(rules, _EXAMPLE, None))
    earned = "Who was last here" if rules.kind == "inactivity" else "What is earned"
    has = "has none from" if rules.kind == "inactivity" else "is gone on"
    yield f"{earned} on {day_in_words(_EXAMPLE)} {has} {gone}{_on(rules.kind)}."
    if rules.activity_extends:
        yield f"Each purchase or redemption begins that time anew for all {many}."
    if rules.never_tiers:
        yield f"Those of {listed(tier_names(program, rules.never_tiers))} members never run out."


def _on(kind: str) -> str:
    return " on" if kind == "inactivity" else ""


def _discount(program: Program, discount: Discount) -> Iterator[str]:
    points = of_points(program, discount.points)
    many = PointWords.in_first(program).many
    takes = "takes" if discount.points == 1 else "take"
    worth = format_money(discount.worth_minor, program.currency)
    least = max(discount.minimum, discount.step)
    least_minor = least * discount.worth_minor // discount.points
    yield sentence(
        f"{discount.text}: {points} {takes} {worth} off, in steps of {discount.step:,},",
        f"from {of_points(program, least)} ({format_money(least_minor, program.currency)}) on",
    )
    if discount.minimum_basket_minor:
        basket = format_money(discount.minimum_basket_minor, program.currency)
        yield f"That needs a basket of {basket} or more."
    if lines := about_lines(discount):
        yield f"They pay for {lines}, and nothing else."
    if discount.most_percent < 100:
        yield f"At most {discount.most_percent} % of a basket can be paid so."
    if discount.partner_rate is not None:
        rate = discount.partner_rate
        yield f"In a partner's voucher {many} are worth {rate} times as much."
    if discount.voucher_months is not None:
        months = counted(discount.voucher_months, "month")
        yield f"A voucher for {many} is good for {months}."
    if discount.alone:
        yield "They go with no reward in one sale."
    yield from _worth(program, discount)


def _worth(program: Program, discount: Discount) -> Iterator[str]:
    """Say what comes back of money that is spent by somebody in the lowest tier."""
    rates = [
        Fraction(rule.points, rule.per_minor)
        for rule in program.earn
        if rule.per_minor is not None and not (rule.categories or rule.skus or rule.tiers)
    ]
    if rates:
        points = max(rates) * _SPENT_MINOR
        worth_minor = int(points * discount.worth_minor / discount.points)
        spent, worth = (
            format_money(minor, program.currency) for minor in (_SPENT_MINOR, worth_minor)
        )
        yield f"So {spent} spent bring {of_points(program, int(points))}, worth {worth}."


def _reward(program: Program, reward: Reward) -> str:
    off = ""
    if reward.value_minor is not None:
        most = "" if reward.takes_any else "up to "
        off = f" for {most}{format_money(reward.value_minor, program.currency)} off"
    lines = about_lines(reward)
    basket = ""
    if reward.minimum_basket_minor:
        least = format_money(reward.minimum_basket_minor, program.currency)
        basket = f"with a basket of {least} or more"
    return sentence(
        f"{'free' if reward.is_free else of_points(program, reward.cost_points)}{off}",
        f"on {lines}" if lines else "",
        basket,
        of_tiers(program, reward.tiers),
        between_days(reward.first_day, reward.last_day),
        PROVED[reward.proof],
        "with no other reward in the sale" if reward.alone else "",
        *(_free(program, reward) if reward.is_free else ()),
        between=", ",
    )


def _free(program: Program, reward: Reward) -> Iterator[str]:
    """Say on which occasion something costs nothing, and how often."""
    times = reward.times_per_year or 1
    if reward.occasion == "birthday":
        yield on_birthday(program, reward)
        yield "once for each birthday" if times == 1 else f"{times} times for each birthday"
    else:
        days = counted(reward.within_days, "day")
        after = f" and {days} after it" if reward.within_days else ""
        yield f"on the day of becoming a member{after}"
        yield "once" if times == 1 else f"{times} times"
    if reward.times_in_all is not None:
        yield f"{counted(reward.times_in_all, 'time')} in all"

"""What a program's earn rules say, and how points come without a purchase."""

from collections.abc import Iterator
from fractions import Fraction

from agent.core.money import format_money
from agent.core.point_words import PointWords
from agent.core.program import EarnRule, Program
from agent.core.program.parts import as_fraction
from agent.core.program_words.words import about_lines, listed, of_points, of_tiers, sentence

__all__ = ["earning"]


def earning(program: Program) -> Iterator[str]:
    """Say how points are earned."""
    for rule in program.earn:
        yield " ".join(_rule(program, rule))
    words = PointWords.in_first(program)
    yield f"Fractions of a {words.one} are dropped, once for each sale and rule."
    if program.redeemed_part_earns:
        yield f"What is paid with {words.many} earns {words.many}, too; a reward itself earns none."
    else:
        yield f"What is paid with {words.many} earns none, and neither does a reward."
    if (enrolment := program.enrolment) is not None:
        yield f"Who becomes a member gets {of_points(program, enrolment.points)}."
    if (referral := program.referral) is not None:
        least = _money(program, referral.minimum_minor)
        sale = f"first sale of {least} or more" if referral.minimum_minor else "first sale"
        friend = of_points(program, referral.friend_points) if referral.friend_points else "none"
        points = of_points(program, referral.points)
        yield f"Who brings a friend gets {points} with the friend's {sale}, the friend {friend}."
        if referral.minimum_minor:
            counts = "what counts is money for goods that earn"
            yield f"Smaller sales before it change nothing; {counts}."
        below = " below that" if referral.minimum_minor else ""
        yield (
            f"Where that sale is called off or comes back{below}, both lose these {words.many}, "
            "and the friend's next such sale brings them."
        )


def _rule(program: Program, rule: EarnRule) -> Iterator[str]:
    yield sentence(_what(program, rule), of_tiers(program, rule.tiers), between=", ")
    if rule.tier_rates and program.tiers is not None:
        rates = [
            f"{tier.text} {rule.tier_rates[tier.id]}"
            for tier in program.tiers.tier
            if tier.id in rule.tier_rates
        ]
        yield f"That is multiplied by tier: {listed(rates)}."
    if rule.minimum_minor:
        yield f"Below {_money(program, rule.minimum_minor)} of such goods there is none."
    if basis := _before(rule):
        yield f"What counts is the price {basis}."
    if rule.exclude_tenders:
        tenders = [tender.replace("_", " ") for tender in sorted(rule.exclude_tenders)]
        yield f"What is paid by {listed(tenders, 'or')} earns nothing."


def _before(rule: EarnRule) -> str:
    words = [("tax", rule.before_tax), ("discount", rule.before_discount)]
    named = [word for word, is_so in words if is_so]
    return f"before {listed(named)}" if named else ""


def _what(program: Program, rule: EarnRule) -> str:
    lines, points = about_lines(rule), of_points(program, rule.points)
    goods = lines or "everything"
    if rule.per_visit:
        return f"{points} for each sale" + (f" that has any of {lines}" if lines else "")
    if rule.steps:
        steps = [
            f"{of_points(program, step.points)} from {_money(program, step.from_minor)} on"
            for step in rule.steps
        ]
        return f"{listed(steps)}, for {goods}"
    if rule.per_minor is not None:
        whole = "" if rule.tier_rates else "whole "
        return f"{points} for every {whole}{_money(program, rule.per_minor)} spent on {goods}"
    unit = as_fraction(rule.per_quantity or "1")
    piece = "litre" if rule.categories == {"fuel"} else "piece"
    if unit == 1:
        return f"{points} for each {piece} of {goods}"
    return f"{points} for every {_number(unit)} {piece}s of {goods}"


def _number(exact: Fraction) -> str:
    return f"{float(exact):,.3f}".rstrip("0").rstrip(".")


def _money(program: Program, minor: int) -> str:
    return format_money(minor, program.currency)

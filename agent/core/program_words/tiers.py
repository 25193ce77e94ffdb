"""What a program says of its tiers."""

from collections.abc import Iterator

from agent.core.money import format_money
from agent.core.point_words import PointWords
from agent.core.program import Program, Tier, TierRules
from agent.core.program_words.words import counted, of_points

__all__ = ["tiers"]


def tiers(program: Program) -> Iterator[str]:
    """Say which tiers there are, how they are reached and how they are kept."""
    rules = program.tiers
    if rules is None:
        return
    first, *above = rules.tier
    yield f"Every member begins in {first.text}."
    what = (
        f"{PointWords.in_first(program).many} earned" if rules.count == "points" else "money spent"
    )
    for tier in above:
        yield f"{tier.text} is reached with {_reach(program, rules, tier)} {_period(rules)}."
    if above:
        yield f"What counts is {what}. A tier is reached at once. {_kept(rules)}"
    for tier in rules.tier:
        if tier.perks:
            yield f"{tier.text} also brings: {'; '.join(tier.perks)}."


def _reach(program: Program, rules: TierRules, tier: Tier) -> str:
    if rules.count == "points":
        return of_points(program, tier.reach)
    return format_money(tier.reach, program.currency)


def _period(rules: TierRules) -> str:
    if rules.period == "calendar_year":
        return "in a calendar year"
    return f"in any {counted(rules.months, 'month')}"


def _kept(rules: TierRules) -> str:
    if rules.keep == "next_year":
        kept = "It is kept to the end of the next calendar year"
    else:
        kept = f"It is kept for {counted(rules.keep_months, 'month')}"
    grace = f" and {counted(rules.grace_days, 'day')} of grace" if rules.grace_days else ""
    then = "a member has the tier that was earned meanwhile"
    if rules.down == "one":
        then += ", and no less than the tier below"
    return f"{kept}{grace}, and anew whenever it is reached again; after that {then}."

"""What points are worth beside what earns them, both in money."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from agent.core.mistakes import Finding, Location
from agent.core.money import format_money
from agent.core.program import EarnRule, Program
from agent.core.program.parts import as_fraction
from agent.core.program_words.words import of_points

__all__ = ["best_rate", "too_generous"]


def too_generous(program: Program) -> Iterator[Finding]:
    """Find points that take more money off than was spent to earn them."""
    rates = [(best_rate(rule), rule.id) for rule in program.earn]
    best, rule = max(rates)
    if best == 0:
        return
    for at, points, worth_minor in _bought(program):
        spent_minor = Fraction(points) / best
        if worth_minor > spent_minor:
            spent = format_money(ceil(spent_minor), program.currency)
            worth = format_money(worth_minor, program.currency)
            what = (
                f"{spent} spent earn {of_points(program, points)} ('{rule}'), and they take "
                f"{worth} off: points are worth more than what earns them"
            )
            most = format_money(int(spent_minor), program.currency)
            yield Finding(at, what, f"let them take off less than {most}, or cost more points")


def best_rate(rule: EarnRule) -> Fraction:
    """Answer the most points for a minor unit of money; 0 where a rule counts something else."""
    if rule.per_minor is not None:
        rates = [as_fraction(rate) for rate in rule.tier_rates.values()]
        return Fraction(rule.points, rule.per_minor) * max([Fraction(1), *rates])
    return max((Fraction(step.points, step.from_minor) for step in rule.steps), default=Fraction(0))


def _bought(program: Program) -> Iterator[tuple[Location, int, int]]:
    """Go through what points buy: where it stands, their number, and its money."""
    if program.discount is not None:
        discount = program.discount
        yield ("discount", "worth_minor"), discount.points, discount.worth_minor
    for index, reward in enumerate(program.reward):
        if reward.value_minor is not None and not reward.is_free:
            yield ("reward", index, "value_minor"), reward.cost_points, reward.value_minor

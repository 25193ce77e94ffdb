"""What the rules of a program name: tiers, categories and each other must be there."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agent.core.basket import REWARD
from agent.core.mistakes import did_you_mean
from agent.core.program.parts import Lines

if TYPE_CHECKING:
    from agent.core.program.program import Program

__all__ = ["unknown_names"]


def unknown_names(program: "Program") -> Iterator[str]:
    """Say of each name that a rule uses and nobody declared what comes nearest."""
    tiers = [] if program.tiers is None else [tier.id for tier in program.tiers.tier]
    for where, names in _named_tiers(program):
        yield from _missing(where, "tier", names, tiers)
    rules = [rule.id for rule in program.earn]
    for promotion in program.promotion:
        yield from _missing(f"promotion '{promotion.id}'", "earn rule", promotion.rules, rules)
    if program.categories:
        for what, each in _about_lines(program):
            names = each.categories | each.exclude_categories
            known = program.categories | {REWARD}
            yield from _missing(f"{what} '{each.id}'", "category", names, known)


def _named_tiers(program: "Program") -> Iterator[tuple[str, Iterable[str]]]:
    for rule in program.earn:
        yield f"earn '{rule.id}'", (*rule.tiers, *rule.tier_rates)
    for promotion in program.promotion:
        yield f"promotion '{promotion.id}'", (*promotion.tiers, *promotion.tier_days)
    for reward in program.reward:
        yield f"reward '{reward.id}'", reward.tiers
    if program.expiry is not None:
        yield "expiry", program.expiry.never_tiers


def _about_lines(program: "Program") -> Iterator[tuple[str, Lines]]:
    yield from (("earn", rule) for rule in program.earn)
    yield from (("promotion", promotion) for promotion in program.promotion)
    yield from (("reward", reward) for reward in program.reward)


def _missing(where: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    listed = list(known)
    for name in sorted({*names} - {*listed}):
        yield f"{where}: nobody declared the {what} '{name}'{did_you_mean(name, listed)}"

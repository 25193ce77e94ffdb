"""Rewards that nobody can have, or would ever take."""

from collections.abc import Iterator

from agent.core.mistakes import Finding
from agent.core.program import Program, Reward
from agent.core.program_check.lines import covers, have_a_line
from agent.core.tokens import PROOFS

__all__ = ["idle_rewards", "outdone_rewards", "unused_discount"]

_SO = "so nobody can have it"


def idle_rewards(program: Program) -> Iterator[Finding]:
    """Find rewards that no member can have with any basket on any day."""
    began = program.effective_from
    for index, reward in enumerate(program.reward):
        if not have_a_line(program, reward):
            what = f"all that it is for is excluded, {_SO}"
            yield Finding(("reward", index), what, "take an exclusion out, or the reward")
        if reward.last_day and began and reward.last_day < began:
            what = f"it ends before the program begins on {began}, {_SO}"
            yield Finding(("reward", index, "last_day"), what, "write a later day, or take it out")


def outdone_rewards(program: Program) -> Iterator[Finding]:
    """Find money off that costs as much as more money off would."""
    for index, reward in enumerate(program.reward):
        for place, other in enumerate(program.reward):
            if place != index and _is_better(program, other, reward, first=place < index):
                what = f"'{other.id}' takes as much off for no more points, so nobody takes it"
                fix = f"write fewer than {other.cost_points} points, or take it out"
                yield Finding(("reward", index, "cost_points"), what, fix)
                break


def unused_discount(program: Program) -> Iterator[Finding]:
    """Find money off for lines that there cannot be."""
    if program.discount is not None and not have_a_line(program, program.discount):
        what = f"all that points could pay for is excluded, {_SO}"
        yield Finding(("discount",), what, "take an exclusion out, or [discount]")


def _is_better(program: Program, one: Reward, other: Reward, *, first: bool) -> bool:
    """Say whether whoever can have the other is better off with this one."""
    if one.value_minor is None or other.value_minor is None:
        return False
    saved, worth = other.cost_points - one.cost_points, one.value_minor - other.value_minor
    return (
        not (one.is_free or other.is_free)
        and (saved >= 0 and worth >= 0 and (saved > 0 or worth > 0 or first))
        and one.minimum_basket_minor <= other.minimum_basket_minor
        and (not one.tiers or (bool(other.tiers) and other.tiers <= one.tiers))
        and (one.first_day, one.last_day) in ((None, None), (other.first_day, other.last_day))
        and PROOFS.index(one.proof) <= PROOFS.index(other.proof)
        and (not one.alone or other.alone)
        and covers(program, one, other)
    )

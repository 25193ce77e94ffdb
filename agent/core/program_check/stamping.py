"""Stamp cards that nobody can fill, and what of them and of free rewards does nothing."""

from collections.abc import Iterator

from agent.core.mistakes import Finding
from agent.core.program import Program
from agent.core.program_check.lines import covers, have_a_line

__all__ = ["doubtful_cards", "idle_cards", "useless_days"]

_SO = "so it never collects"


def idle_cards(program: Program) -> Iterator[Finding]:
    """Find stamp cards that no sale brings a stamp."""
    began = program.effective_from
    for index, card in enumerate(program.stamp_card):
        if not have_a_line(program, card):
            what = f"all that it is about is excluded, {_SO}"
            yield Finding(("stamp_card", index), what, "take an exclusion out, or the card")
        if card.last_day and began and card.last_day < began:
            what = f"it ends before the program begins on {began}, {_SO}"
            yield Finding(("stamp_card", index, "last_day"), what, "write a later day")


def doubtful_cards(program: Program) -> Iterator[Finding]:
    """Find cards that collect with every purchase whatever it is, or with the same goods twice."""
    for index, card in enumerate(program.stamp_card):
        if card.takes_any:
            what = "it is about all goods, so each bread roll brings a stamp"
            yield Finding(("stamp_card", index), what, "name categories or skus")
        for other in program.stamp_card[:index]:
            same = covers(program, other, card) and not (other.tiers or card.tiers)
            days = (other.first_day, other.last_day) == (card.first_day, card.last_day)
            if same and days and not card.takes_any:
                what = f"all its goods bring stamps on '{other.id}', too"
                yield Finding(("stamp_card", index), what, "name other goods, or leave one out")


def useless_days(program: Program) -> Iterator[Finding]:
    """Find days after the birthday of tiers that a free reward is not for."""
    for index, reward in enumerate(program.reward):
        for tier in sorted({*reward.tier_days} - reward.tiers) if reward.tiers else ():
            what = f"the reward is not for the tier '{tier}', so its days do nothing"
            yield Finding(("reward", index, "tier_days", tier), what, "add it to tiers")

"""What is wrong with a program file, or not as its author may think, with line and suggestion.

A mistake is what a file cannot mean (the agent refuses it), or what would never do anything: a
promotion that cannot apply, one that another always beats, a reward that nobody can have. Of
warnings the file is right as it stands, but may give away more than was meant.
"""

import tomllib
from dataclasses import dataclass

from agent.core.program import Program
from agent.core.program_check.offline import useless_floor
from agent.core.program_check.promotions import endless_visits, idle_promotions, lowered_bonuses
from agent.core.program_check.rewards import idle_rewards, outdone_rewards, unused_discount
from agent.core.program_check.rules import idle_rules, unused_words
from agent.core.program_check.shadows import shadowed_promotions
from agent.core.program_check.spoken import unspoken
from agent.core.program_check.stamping import doubtful_cards, idle_cards, useless_days
from agent.core.program_check.worth import too_generous
from agent.core.strict_toml import InvalidDocument, Mistake, described

__all__ = ["Checked", "check"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What was found in a program file; ``program`` is None where an agent would refuse it."""

    program: Program | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def check(text: str, *, source: str) -> Checked:
    """Look through a program file's text. Costs the square of the number of promotions."""
    try:
        program = Program.parse(text, source=source)
    except InvalidDocument as refused:
        return Checked(program=None, mistakes=refused.mistakes, warnings=())
    document = tomllib.loads(text)
    idle = (
        *idle_rules(program),
        *idle_promotions(program),
        *shadowed_promotions(program),
        *idle_rewards(program),
        *idle_cards(program),
    )
    doubtful = (
        *too_generous(program),
        *unused_words(program),
        *lowered_bonuses(program),
        *endless_visits(program),
        *outdone_rewards(program),
        *unused_discount(program),
        *doubtful_cards(program),
        *useless_days(program),
        *useless_floor(program),
        *unspoken(program),
    )
    return Checked(
        program=program,
        mistakes=tuple(described(idle, text, document)),
        warnings=tuple(described(doubtful, text, document)),
    )

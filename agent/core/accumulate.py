"""What a sale earns, and why: the accrual rules applied to one basket.

Fractions are dropped once per sale and rule, after the qualifying lines have been added up;
dropping them line by line would cost the member up to a point a line.

Cost: one pass over the lines per rule.
"""

from dataclasses import dataclass

from pydantic import ConfigDict

from agent.core.basket import REWARD, Sale
from agent.core.program import EarnRule, Program
from agent.core.values import Code, Label, Points

__all__ = ["Because", "Earned", "accumulate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Because:
    """Why some points were earned: the rule, and the indices of the lines it counted."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    rule: Code
    """The rule's id in the program."""
    points: Points
    """Whole points by this rule."""
    lines: tuple[int, ...]
    """Indices of the lines that it counted, from 0."""
    text: Label
    """The rule's text, in the program's first language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Earned:
    """The points of one sale; ``because`` adds up to ``points``."""

    points: int
    because: tuple[Because, ...]


def accumulate(program: Program, sale: Sale) -> Earned:
    """Judge a sale by the program. A sale in another currency earns nothing."""
    if sale.currency != program.currency:
        return Earned(points=0, because=())
    unpaid_minor = 0 if program.redeemed_part_earns else sale.paid_with_points_minor
    judged = [_apply(rule, sale, unpaid_minor) for rule in program.earn]
    because = tuple([reason for reason in judged if reason.points > 0])
    return Earned(points=sum(reason.points for reason in because), because=because)


def _apply(rule: EarnRule, sale: Sale, unpaid_minor: int) -> Because:
    """Apply one rule to what was paid for the lines it counts.

    Negative lines (a coupon, a bottle returned) lower what was really paid, and so does what was
    paid with points. A reward line never counts.
    """
    excluded, counted, paid_minor = rule.exclude_categories, [], -unpaid_minor
    for index, line in enumerate(sale.lines):
        if line.category not in excluded and line.category != REWARD:
            counted.append(index)
            paid_minor += line.amount_minor
    qualifying_minor = max(0, paid_minor)
    points = qualifying_minor // rule.per_minor * rule.points
    return Because(rule=rule.id, points=points, lines=tuple(counted), text=rule.text)

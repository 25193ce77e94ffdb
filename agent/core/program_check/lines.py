"""Which lines of a basket rules have in common.

Whether a rule takes a line depends on which of the named categories and articles it has, and on
nothing else of them. So it is enough to try each that is named, and one that nobody named.
"""

from collections.abc import Iterator, Sequence

from agent.core.basket import Line
from agent.core.program import Program
from agent.core.program.parts import Lines

__all__ = ["covers", "have_a_line"]

_UNNAMED = " "
"""No code has a space."""


def have_a_line(program: Program, *rules: Lines) -> bool:
    """Say whether there is a line that all of these rules are about."""
    return any(all(rule.takes(line) for rule in rules) for line in _lines(program, rules))


def covers(program: Program, wide: Lines, narrow: Lines) -> bool:
    """Say whether a rule is about every line that another is about."""
    lines = _lines(program, (wide, narrow))
    return all(wide.takes(line) for line in lines if narrow.takes(line))


def _lines(program: Program, rules: Sequence[Lines]) -> Iterator[Line]:
    categories = program.categories or {
        _UNNAMED,
        *(name for rule in rules for name in rule.categories | rule.exclude_categories),
    }
    skus = {_UNNAMED, *(sku for rule in rules for sku in rule.skus | rule.exclude_skus)}
    for category in categories:
        for sku in skus:
            yield Line.model_construct(
                sku=sku, category=category, quantity="1", unit_price_minor=0, amount_minor=0
            )

"""Judging a sale again, of which part came back: what was given stands for what is left.

A rule that is still there is applied to what is left, and gives no more than it gave. One that is
gone, such as a promotion that head office had sent for some hours, cannot be applied: of what it
gave the member keeps the share of the lines that it counted.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from pydantic import ConfigDict

from agent.core.basket import Sale
from agent.core.earning import Worth, thousandths
from agent.core.values import Code, Label, Points

__all__ = ["Because", "Then", "left_of_gone"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Because:
    """Why some points were earned: the rule, and the indices of the lines it counted."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    rule: Code
    """The id of the rule or promotion in the program."""
    points: Points
    """Whole points by this rule."""
    lines: tuple[int, ...]
    """Indices of the lines that it counted, from 0."""
    text: Label
    """The rule's text, in the program's first language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Then:
    """A whole sale as it was judged: its basket, and what each rule gave for it, by its id."""

    sale: Sale
    because: Mapping[str, Because]

    @classmethod
    def of(cls, sale: Sale, because: Sequence[Because]) -> Self:
        """Take what an entry says of a sale."""
        return cls(sale=sale, because={each.rule: each for each in because})

    def most(self, rule: str) -> int:
        """Answer what a rule gave; nothing where it gave nothing."""
        because = self.because.get(rule)
        return 0 if because is None else because.points


def left_of_gone(then: Then, kept: Sale, there: Container[str]) -> Iterator[Worth]:
    """Answer what is left of what rules gave that are no longer ``there``, fractions dropped.

    It is shared by the money of the lines they counted, or where those cost nothing by their
    quantities: all of them back leave nothing, and less of them never leaves more.
    """
    for because in then.because.values():
        if because.rule in there:
            continue
        counted = [[sale.lines[index] for index in because.lines] for sale in (then.sale, kept)]
        sums = [sum(line.amount_minor for line in lines) for lines in counted]
        if sums[0] <= 0:
            sums = [sum(thousandths(line.quantity) for line in lines) for lines in counted]
        whole, left = sums[0], max(0, min(sums))
        exact = Fraction(because.points * left, whole) if whole else Fraction(0)
        if exact >= 1:
            yield Worth(
                rule=because.rule,
                text=because.text,
                lines=because.lines,
                basis=left,
                exact=exact,
                points=int(exact),
            )

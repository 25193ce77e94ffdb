"""What the rules of a program are made of: texts, rates, and which lines of a basket they mean."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agent.core.basket import REWARD, Line
from agent.core.phrases import Language
from agent.core.values import RATE_FORM, Code, Label, Value

__all__ = ["WEEKDAYS", "Lines", "Rate", "Texts", "Weekday", "Worded", "as_fraction", "is_between"]

Rate = Annotated[str, StringConstraints(strict=True, pattern=RATE_FORM)]
"""A factor as a decimal text with up to three places: TOML's own ``1.2`` is no exact number."""

Texts = dict[Language, Label]
"""``text`` in the program's other languages; one that is missing is said in the first."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of ``date.weekday``."""


@lru_cache(maxsize=256)
def as_fraction(rate: Rate) -> Fraction:
    """Read a rate exactly.

    >>> as_fraction("1.2")
    Fraction(6, 5)
    """
    return Fraction(rate)


def is_between(first_day: date | None, day: date, last_day: date | None) -> bool:
    """Say whether a day is from the first to the last, both of them too; each may be open."""
    after = first_day is None or first_day <= day
    return after and (last_day is None or day <= last_day)


class Worded(Value):
    """Something that a receipt or a screen names: ``text`` in the first language."""

    id: Code
    """Its name in the journal and in other tables of this file; never shown."""
    text: Label
    """What receipts and screens say, in the first of the languages."""
    texts: Texts = Field(default_factory=dict)
    """The same in the other languages: { es = "…" }."""


class Lines(Worded):
    """A rule about some lines of a basket: those of ``categories`` or ``skus``, or all where
    neither is named, less those that are excluded. A reward line is never one of them.
    """

    categories: frozenset[Code] = frozenset()
    """Only goods of these categories, or of these articles."""
    exclude_categories: frozenset[Code] = frozenset()
    """Goods of these categories never."""
    skus: frozenset[Code] = frozenset()
    """Only these articles, by the shop's own numbers, or these categories."""
    exclude_skus: frozenset[Code] = frozenset()
    """These articles never."""

    @property
    def takes_any(self) -> bool:
        """Whether it leaves out reward lines alone."""
        named = self.categories or self.skus or self.exclude_categories or self.exclude_skus
        return not named

    def takes(self, line: Line) -> bool:
        """Say whether a line is one of those that the rule is about."""
        category, sku = line.category, line.sku
        if category in self._left_out or sku in self.exclude_skus:
            return False
        if self.categories or self.skus:
            return category in self.categories or sku in self.skus
        return True

    def taken(self, lines: Sequence[Line], categories: Sequence[Code]) -> tuple[int, ...]:
        """Answer the indices of the lines that the rule is about; ``categories`` are theirs.

        Most rules name no article: for them it is one look-up a line, without a call.
        """
        if self.skus or self.exclude_skus:
            takes = self.takes
            return tuple([index for index, line in enumerate(lines) if takes(line)])
        if self.categories:
            named = self._named
            return tuple([index for index, each in enumerate(categories) if each in named])
        left_out = self._left_out
        return tuple([index for index, each in enumerate(categories) if each not in left_out])

    @cached_property
    def _left_out(self) -> frozenset[Code]:
        return self.exclude_categories | {REWARD}

    @cached_property
    def _named(self) -> frozenset[Code]:
        return self.categories - self._left_out

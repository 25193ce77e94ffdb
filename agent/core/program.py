"""A loyalty program: rules as data, read from a TOML file that a marketing person can edit.

>>> program = Program.parse('''
... id = "corner"
... version = 1
... name = "Corner points"
... currency = "USD"
... [[earn]]
... id = "base"
... points = 1
... per_minor = 100
... exclude_categories = ["tobacco"]
... text = "1 point per $1"
... ''', source="corner.toml")
>>> program.earn[0].per_minor
100
"""

from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core import strict_toml
from agent.core.basket import Currency
from agent.core.values import Code, Label, Points, Value

__all__ = ["EarnRule", "Program"]


class EarnRule(Value):
    """So many points for every whole ``per_minor`` of qualifying money in one sale."""

    id: Code
    points: Annotated[Points, Field(ge=1, le=1_000_000)]
    per_minor: Annotated[int, Field(strict=True, ge=1)]
    exclude_categories: frozenset[Code] = frozenset()
    text: Label


class Program(Value):
    """One version of the rules. ``text`` of a rule is what receipt and screen say about it."""

    id: Code
    version: Annotated[int, Field(strict=True, ge=1)]
    name: Label
    currency: Currency
    earn: Annotated[tuple[EarnRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rules_have_their_own_names(self) -> Self:
        names = [rule.id for rule in self.earn]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"earn: two rules are called '{sorted(twice)[0]}'")
        return self

    @classmethod
    def parse(cls, text: str, *, source: str) -> Self:
        """Read a program file's text. Raises strict_toml.InvalidDocument naming file and key."""
        return strict_toml.parse(text, cls, source=source)

    @cached_property
    def edition(self) -> str:
        """The program and version that judged a sale, as its journal entry names it."""
        return f"{self.id}@{self.version}"

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

__all__ = ["Discount", "EarnRule", "Program", "Reward"]

_MOST_POINTS = 1_000_000


class EarnRule(Value):
    """So many points for every whole ``per_minor`` of qualifying money in one sale."""

    id: Code
    points: Annotated[Points, Field(ge=1, le=1_000_000)]
    per_minor: Annotated[int, Field(strict=True, ge=1)]
    exclude_categories: frozenset[Code] = frozenset()
    text: Label


class Discount(Value):
    """Points as money off: every ``points`` are worth ``worth_minor``.

    They are redeemed in steps of ``step`` points, and not fewer than ``minimum`` at once.
    """

    id: Code
    points: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    worth_minor: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    step: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    minimum: Annotated[int, Field(strict=True, ge=0, le=_MOST_POINTS)] = 0
    text: Label

    @model_validator(mode="after")
    def _a_step_is_whole_money(self) -> Self:
        if self.step * self.worth_minor % self.points:
            raise ValueError("discount: a step must be worth whole minor units")
        return self


class Reward(Value):
    """Something that points buy. ``value_minor`` is what it takes off the basket, where it does."""

    id: Code
    cost_points: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    value_minor: Annotated[int, Field(strict=True, ge=0, le=_MOST_POINTS)] | None = None
    text: Label


class Program(Value):
    """One version of the rules. ``text`` of a rule is what receipt and screen say about it.

    Points are pending for ``return_window_days`` days after their sale. Money that was paid with
    points earns nothing unless ``redeemed_part_earns``.
    """

    id: Code
    version: Annotated[int, Field(strict=True, ge=1)]
    name: Label
    currency: Currency
    return_window_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    redeemed_part_earns: Annotated[bool, Field(strict=True)] = False
    earn: Annotated[tuple[EarnRule, ...], Field(min_length=1)]
    discount: Discount | None = None
    reward: tuple[Reward, ...] = ()

    @model_validator(mode="after")
    def _rules_have_their_own_names(self) -> Self:
        _hold_apart("earn", "rules", [rule.id for rule in self.earn])
        spent = [] if self.discount is None else [self.discount.id]
        _hold_apart("reward", "rewards", spent + [reward.id for reward in self.reward])
        return self

    @classmethod
    def parse(cls, text: str, *, source: str) -> Self:
        """Read a program file's text. Raises strict_toml.InvalidDocument naming file and key."""
        return strict_toml.parse(text, cls, source=source)

    @cached_property
    def edition(self) -> str:
        """The program and version that judged a sale, as its journal entry names it."""
        return f"{self.id}@{self.version}"


def _hold_apart(table: str, what: str, names: list[str]) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{table}: two {what} are called '{sorted(twice)[0]}'")

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

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core import strict_toml
from agent.core.basket import Currency
from agent.core.phrases import BUILT_IN, ENGLISH, Language, Phrases
from agent.core.values import Code, Label, Points, Value

__all__ = ["Discount", "EarnRule", "Program", "Reward"]

_MOST_POINTS = 1_000_000

Texts = dict[Language, Label]
"""``text`` in the program's other languages; one that is missing is said in the first."""


class EarnRule(Value):
    """So many points for every whole ``per_minor`` of qualifying money in one sale."""

    id: Code
    points: Annotated[Points, Field(ge=1, le=1_000_000)]
    per_minor: Annotated[int, Field(strict=True, ge=1)]
    exclude_categories: frozenset[Code] = frozenset()
    text: Label
    texts: Texts = Field(default_factory=dict)


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
    texts: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_step_is_whole_money(self) -> Self:
        if self.step * self.worth_minor % self.points:
            raise ValueError("a step must be worth whole minor units")
        return self

    @model_validator(mode="after")
    def _the_least_is_whole_steps(self) -> Self:
        """Hold that the least can be redeemed itself: it is what a member is told to collect."""
        below = self.minimum // self.step * self.step
        if below != self.minimum:
            near = f"{below} or {below + self.step}" if below else str(self.step)
            raise ValueError(
                f"points are redeemed in steps of {self.step}, so nobody can redeem the "
                f"minimum of {self.minimum}; make it {near}"
            )
        return self


class Reward(Value):
    """Something that points buy. ``value_minor`` is what it takes off the basket, where it does."""

    id: Code
    cost_points: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    value_minor: Annotated[int, Field(strict=True, ge=0, le=_MOST_POINTS)] | None = None
    text: Label
    texts: Texts = Field(default_factory=dict)


class Program(Value):
    """One version of the rules. ``text`` of a rule is what receipt and screen say about it, in the
    first of the program's ``languages``; ``phrases`` are the receipt's words, English built in.

    Points are pending for ``return_window_days`` days after their sale. Money that was paid with
    points earns nothing unless ``redeemed_part_earns``.
    """

    id: Code
    version: Annotated[int, Field(strict=True, ge=1)]
    name: Label
    currency: Currency
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=20)] = (ENGLISH,)
    phrases: dict[Language, Phrases] = Field(default_factory=dict)
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

    @model_validator(mode="after")
    def _languages_are_whole(self) -> Self:
        """Hold that each language has its phrases, and that nothing speaks one that is not listed.

        A lane that prints in a language must not stop at a word that nobody wrote.
        """
        _hold_apart("languages", "languages", list(self.languages))
        for language in self.languages:
            if language not in self.phrases and language != ENGLISH:
                raise ValueError(f"languages: '{language}' has no table [phrases.{language}]")
        _hold_listed("phrases", self.phrases, self.languages)
        for each in self._worded():  # in the first language it has its text
            _hold_listed(f"texts of '{each.id}'", each.texts, self.languages[1:])
        return self

    def _worded(self) -> Iterator[EarnRule | Discount | Reward]:
        """Go through everything that has a text."""
        yield from self.earn
        if self.discount is not None:
            yield self.discount
        yield from self.reward

    def phrases_in(self, language: str) -> Phrases:
        """Answer the receipt's words in one of the program's languages."""
        return self.phrases.get(language, BUILT_IN)

    def texts_in(self, language: str) -> dict[tuple[str, str], str]:
        """Answer the rules' and rewards' texts in a language, by id and first text."""
        return {
            (each.id, each.text): each.texts[language]
            for each in self._worded()
            if language in each.texts
        }

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


def _hold_listed(where: str, given: Iterable[str], listed: tuple[str, ...]) -> None:
    for language in given:
        if language not in listed:
            known = ", ".join(listed) or "none"
            raise ValueError(f"{where}: '{language}' cannot stand here; of languages, {known} can")

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

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from agent.core import strict_toml
from agent.core.basket import Currency
from agent.core.instant import BusinessDate
from agent.core.mistakes import Amiss
from agent.core.phrases import BUILT_IN, ENGLISH, Language, Phrases
from agent.core.program.burning import Discount, Reward
from agent.core.program.earning import EarnRule
from agent.core.program.expiry import Expiry
from agent.core.program.giving import Enrolment, Limits, Referral
from agent.core.program.offline import Leases, Offline
from agent.core.program.parts import Worded
from agent.core.program.promotions import Promotion
from agent.core.program.stamping import StampCard
from agent.core.program.tiers import TierRules
from agent.core.program.whole import amiss_in
from agent.core.values import Code, Label, Value

__all__ = ["Program", "Stacking"]

Stacking = Literal["best", "all", "newest"]
"""Which of several promotions that apply to a sale are given: the one that gives most, all, or the
one whose ``first_day`` is last, of those of one day the one that stands last in the file.
"""


_MOST_DAYS = 400


class Program(Value):
    """One version of the rules. ``text`` of a rule is what receipt and screen say about it, in the
    first of the program's ``languages``; ``phrases`` are the receipt's words. English is built in,
    and ``[phrases.en]`` needs no more than what is to differ, such as another name for points.

    A sale is judged by the version whose ``effective_from`` is the last up to its business date.
    Points are pending for ``return_window_days`` days after their sale. Money that was paid with
    points earns nothing unless ``redeemed_part_earns``. Where ``categories`` are listed, rules name
    no other.
    """

    id: Code
    """The program's name in the journal, the same in every version."""
    version: Annotated[int, Field(strict=True, ge=1)]
    """The number of this version; one more for each change."""
    effective_from: BusinessDate | None = None
    """The first business date that this version judges."""
    name: Label
    """What people call the program."""
    currency: Currency
    """Its currency, ISO 4217: "USD". Sales in another earn nothing."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=20)] = (ENGLISH,)
    """The languages of its texts, the first one that of each `text`."""
    phrases: dict[Language, Phrases] = Field(default_factory=dict)
    """What receipts say in each language but English."""
    categories: frozenset[Code] = frozenset()
    """The categories that there are; where they are listed, rules name no other."""
    return_window_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    """For so many days after their sale points cannot be spent."""
    redeemed_part_earns: Annotated[bool, Field(strict=True)] = False
    """true: what was paid with points earns, too."""
    earn: Annotated[tuple[EarnRule, ...], Field(min_length=1)]
    """The rules by which a sale earns."""
    stacking: Stacking = "best"
    """Which of several promotions that apply are given."""
    promotion: tuple[Promotion, ...] = ()
    """What a sale earns on top, for some time, at some places, for some members."""
    tiers: TierRules | None = None
    """The tiers, how they are reached and kept."""
    expiry: Expiry | None = None
    """When points run out; without it, never."""
    enrolment: Enrolment | None = None
    """Points for becoming a member."""
    referral: Referral | None = None
    """Points for bringing a friend."""
    limits: Limits = Limits()
    """Against fraud: what goes beyond is withheld."""
    discount: Discount | None = None
    """Points as money off."""
    reward: tuple[Reward, ...] = ()
    """What points buy, and what costs nothing on an occasion."""
    rewards_per_sale: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    """At most so many rewards in one sale; points as money off are one of them."""
    stamp_card: tuple[StampCard, ...] = ()
    """Goods that are counted beside points, until a card is full and gives something."""
    offline: Offline | None = None
    """What stores may redeem beyond their rights while head office does not answer."""
    leases: Leases = Leases()
    """What head office leases ahead to the stores that a member visits."""

    @field_validator("phrases", mode="before")
    @classmethod
    def _english_is_built_in(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get(ENGLISH), dict):
            return {**value, ENGLISH: {**BUILT_IN.model_dump(), **value[ENGLISH]}}
        return value

    @model_validator(mode="after")
    def _it_holds_together(self) -> Self:
        if found := list(amiss_in(self.model_dump())):
            raise Amiss(*found)
        return self

    def worded(self) -> Iterator[Worded]:
        """Go through everything that has a text."""
        yield from self.earn
        yield from self.promotion
        yield from () if self.tiers is None else self.tiers.tier
        for each in (self.enrolment, self.referral, self.discount):
            if each is not None:
                yield each
        yield from self.reward
        yield from self.stamp_card

    def phrases_in(self, language: str) -> Phrases:
        """Answer the receipt's words in one of the program's languages."""
        return self.phrases.get(language, BUILT_IN)

    def texts_in(self, language: str) -> dict[tuple[str, str], str]:
        """Answer the rules' and rewards' texts in a language, by id and first text."""
        given = {
            (each.id, each.gives): each.gives_texts[language]
            for each in self.stamp_card
            if language in each.gives_texts
        }
        return given | {
            (each.id, each.text): each.texts[language]
            for each in self.worded()
            if language in each.texts
        }

    def promotions_on(self, day: date) -> tuple[Promotion, ...]:
        """Answer the promotions whose days a business date is one of, in the order of the file.

        Costs one look-up on a day that was asked for before.
        """
        if not self.promotion:
            return ()
        known = self._promotions.get(day)
        if known is None:
            if len(self._promotions) >= _MOST_DAYS:
                self._promotions.clear()
            known = tuple([each for each in self.promotion if each.covers(day)])
            self._promotions[day] = known
        return known

    @cached_property
    def _promotions(self) -> dict[date, tuple[Promotion, ...]]:
        return {}

    @classmethod
    def parse(cls, text: str, *, source: str) -> Self:
        """Read a file's text. Raises strict_toml.InvalidDocument naming file, line and key."""
        return strict_toml.parse(text, cls, source=source, also=amiss_in)

    @cached_property
    def edition(self) -> str:
        """The program and version that judged a sale, as its journal entry names it."""
        return f"{self.id}@{self.version}"

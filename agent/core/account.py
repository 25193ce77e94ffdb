"""An account as a program sees it: tier, points by lot, and what the member has done."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from agent.core.instant import BusinessDate
from agent.core.values import BIRTHDAY_FORM, Code, Points, Value

__all__ = ["Account", "Lot", "Use"]

_Count = Annotated[Points, Field(ge=0)]

_MOST = 10**9
"""How many stamps a card can have, far beyond any."""

_Birthday = Annotated[str, StringConstraints(strict=True, pattern=BIRTHDAY_FORM)]


class Lot(Value):
    """Points that were earned on one day and are still there."""

    points: Annotated[Points, Field(ge=1)]
    """Whole points."""
    earned_on: BusinessDate
    """The business date on which they were earned: `YYYY-MM-DD`."""


class Use(Value):
    """What a member had of one promotion so far, and today."""

    times: _Count = 0
    """In how many sales."""
    points: _Count = 0
    """Whole points in all."""
    times_today: _Count = 0
    """In how many sales of the same business date."""
    points_today: _Count = 0
    """Whole points on the same business date."""


class Account(Value):
    """A member's account before a sale; points in whole points, money in minor units."""

    tier: Code | None = None
    """The tier as it was last set, taken as given; null where the program has none."""
    enrolled_on: BusinessDate | None = None
    """The business date of enrolment: `YYYY-MM-DD`."""
    birthday: _Birthday | None = None
    """Month and day, `MM-DD`; null where it is not known."""
    lots: tuple[Lot, ...] = ()
    """The points that are there, by the day they were earned."""
    debt: _Count = 0
    """Whole points that are owed, where there are no lots."""
    qualifying_points: _Count = 0
    """Points that count for the tier, in the program's period."""
    qualifying_spend_minor: Annotated[int, Field(strict=True, ge=0)] = 0
    """Money that counts for the tier, in the program's period."""
    last_activity_on: BusinessDate | None = None
    """The business date of the last purchase or redemption; null where there was none."""
    earned_today: _Count = 0
    """Whole points that sales of the same business date earned."""
    sales_this_hour: _Count = 0
    """Sales of the last hour."""
    uses: Mapping[Code, Use] = Field(default_factory=dict)
    """What the member had of each promotion, by its id."""
    stamps: Mapping[Code, Annotated[int, Field(strict=True, ge=-_MOST, le=_MOST)]] = Field(
        default_factory=dict
    )
    """The stamps on each stamp card, by its id; below zero where stamps are owed."""
    rewards_had: Mapping[Code, tuple[BusinessDate, ...]] = Field(default_factory=dict)
    """The days on which the member had each reward that costs nothing, by its id."""
    zones: frozenset[Code] = frozenset()
    """Zones in which a reader saw the member on the same business date."""

    @field_validator("birthday")
    @classmethod
    def _a_day_of_the_year(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                date.fromisoformat(f"2024-{value}")  # a leap year has them all
        except ValueError as error:
            raise ValueError('there is no such day; write it as "02-29"') from error
        return value

    @model_validator(mode="after")
    def _nobody_owes_and_has(self) -> Self:
        if self.debt and self.lots:
            raise ValueError("an account that owes points has none")
        return self

    @property
    def balance(self) -> int:
        """The active points; below zero in debt."""
        return sum(lot.points for lot in self.lots) - self.debt

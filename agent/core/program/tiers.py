"""Tiers: what a member has reached, by what, for how long."""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Worded
from agent.core.values import Label, Value

__all__ = ["Tier", "TierRules"]

_Reach = Annotated[int, Field(strict=True, ge=0, le=10**12)]


class Tier(Worded):
    """``reach`` is what it takes, in the points or the minor units that count; the first takes 0.

    ``perks`` are what it brings beside points, in plain words.
    """

    reach: _Reach
    """What it takes: points, or minor units of money; the first takes 0."""
    perks: tuple[Label, ...] = ()
    """What it brings beside points, in plain words."""


class TierRules(Value):
    """How a program's tiers are reached and kept.

    ``count`` says whether earned points or money spent count, and ``period`` which: those of the
    last ``months`` up to a day, or of its calendar year. A tier is reached at once. It is kept for
    ``keep_months`` from the day that it was reached or reached again, or to the end of the next
    calendar year, and then for ``grace_days`` more; after that the member has what the period
    brings, or with ``down = "one"`` no less than the tier below.
    """

    count: Literal["points", "spend"]
    """What reaches a tier: points earned or money spent."""
    period: Literal["rolling", "calendar_year"]
    """Over which time it is added up."""
    months: Annotated[int, Field(strict=True, ge=1, le=60)] = 12
    """How many months a rolling period has."""
    keep: Literal["months", "next_year"]
    """How long a tier is kept: for `keep_months`, or to the end of the next calendar year."""
    keep_months: Annotated[int, Field(strict=True, ge=1, le=60)] = 12
    """For how many months a tier is kept."""
    grace_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    """For how many days more."""
    down: Literal["earned", "one"] = "earned"
    """Where a member falls then: to what was earned, or one tier at most."""
    tier: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=20)]
    """The tiers, the lowest first."""

    @model_validator(mode="after")
    def _they_rise(self) -> Self:
        found = []
        if self.tier[0].reach != 0:
            fix = f"give '{self.tier[0].id}' reach = 0"
            found.append(Finding(("tier", 0, "reach"), "everybody is in the first tier", fix))
        for index, (below, above) in enumerate(pairwise(self.tier), 1):
            if above.reach <= below.reach:
                what = f"'{above.id}' overlaps '{below.id}'"
                fix = f"give it a reach above {below.reach}"
                found.append(Finding(("tier", index, "reach"), what, fix))
        if found:
            raise Amiss(*found)
        return self

    def index(self, tier: str | None) -> int:
        """Answer a tier's place from the lowest; of one that is not there, the lowest."""
        return self.places.get(tier or "", 0)

    @cached_property
    def places(self) -> dict[str, int]:
        """Every tier's place from the lowest, by its id."""
        return {each.id: place for place, each in enumerate(self.tier)}

"""Expiry: when points run out."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.core.mistakes import Amiss, Finding
from agent.core.values import Code, Value

__all__ = ["Expiry"]


class Expiry(Value):
    """When points run out, the oldest first.

    ``end_of_month``: ``months`` after the calendar month in which they were earned, so those of any
    day in December with 6 months are gone on 1 July. ``rolling``: ``months`` after the day.
    ``inactivity``: the whole balance, ``months`` after the last purchase or redemption. With
    ``activity_extends`` the months count from the last activity where that is later than the day
    they were earned. ``grace_days`` come on top. Members of ``never_tiers`` keep their points.
    """

    kind: Literal["end_of_month", "rolling", "inactivity"]
    """From when the months count."""
    months: Annotated[int, Field(strict=True, ge=1, le=120)]
    """After how many months points are gone."""
    activity_extends: Annotated[bool, Field(strict=True)] = False
    """true: a purchase or redemption begins the months anew."""
    grace_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 0
    """How many days they are there longer."""
    never_tiers: frozenset[Code] = frozenset()
    """Members of these tiers keep their points."""

    @model_validator(mode="after")
    def _activity_means_one_thing(self) -> Self:
        if self.kind == "inactivity" and self.activity_extends:
            what = 'kind = "inactivity" counts from the last activity as it is'
            raise Amiss(Finding(("activity_extends",), what, "take activity_extends out"))
        return self

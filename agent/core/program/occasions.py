"""Occasions: when a reward that costs nothing is there, and how often a member has it.

An occasion begins once a year at most: a birthday, or the day on which somebody became a member. So
what was had is counted from there on, and not by the calendar: a birthday treat that is good into
January is one treat, whenever it is fetched.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.core.account import Account
from agent.core.calendar import days_after, last_birthday
from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Lines
from agent.core.values import Code, Points

__all__ = ["FreeOccasion", "Occasional"]

FreeOccasion = Literal["birthday", "welcome"]
"""``birthday``: within ``within_days`` of the birthday, or the tier's own. ``welcome``: within
``within_days`` of enrolment.
"""

_Days = Annotated[int, Field(strict=True, ge=0, le=364)]
_Times = Annotated[int, Field(strict=True, ge=1, le=1_000)]
_KEYS = ("occasion", "within_days", "tier_days", "times_per_year", "times_in_all")


class Occasional(Lines):
    """Something that points buy, or that costs nothing on an occasion of the member.

    What costs nothing is there from the occasion on for ``within_days`` more, in a tier for its own
    ``tier_days``. A member has it ``times_per_year`` times from one birthday to the next, or in the
    year that begins with enrolment, and ``times_in_all`` at most.
    """

    cost_points: Annotated[Points, Field(ge=0, le=1_000_000)]
    """What it costs, in points; 0 with an occasion."""
    occasion: FreeOccasion | None = None
    """The occasion on which it costs nothing."""
    within_days: _Days = 0
    """So many days after the birthday or enrolment, too."""
    tier_days: dict[Code, _Days] = Field(default_factory=dict)
    """The days after the birthday for a tier: { gold = 7 }."""
    times_per_year: _Times | None = None
    """How often a member has it from one birthday to the next, or after enrolment; default 1."""
    times_in_all: _Times | None = None
    """How often a member ever has it."""

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return self.cost_points == 0

    def days_for(self, tier: str | None) -> int:
        """Answer for how many days after its occasion it is there in a tier."""
        return self.tier_days.get(tier or "", self.within_days)

    def began_on(self, day: date, account: Account) -> date | None:
        """Answer when the member's last occasion began, on a day or before; None without one."""
        if self.occasion == "birthday" and account.birthday is not None:
            month, day_of_month = map(int, account.birthday.split("-"))
            return last_birthday(day, month, day_of_month)
        if self.occasion == "welcome" and account.enrolled_on is not None:
            return account.enrolled_on if account.enrolled_on <= day else None
        return None

    def last_day_of(self, began: date, tier: str | None) -> date:
        """Answer the last day on which it is there, of the occasion that began then."""
        return days_after(began, self.days_for(tier))

    @model_validator(mode="after")
    def _what_costs_nothing_has_an_occasion(self) -> Self:
        if found := list(self._occasion_amiss()):
            raise Amiss(*found)
        return self

    def _occasion_amiss(self) -> Iterator[Finding]:
        if not self.is_free:
            for key in _KEYS:
                if getattr(self, key):
                    what = f"{key} goes with cost_points = 0"
                    yield Finding((key,), what, "take it out, or let it cost nothing")
            return
        if self.occasion is None:
            what = "what costs nothing needs an occasion, or everybody has it with every sale"
            yield Finding(("cost_points",), what, 'write occasion = "birthday", or what it costs')
        elif self.tier_days and self.occasion != "birthday":
            what = 'tier_days go with occasion = "birthday"'
            yield Finding(("tier_days",), what, "add that occasion, or take them out")
        if self.times_in_all is not None and self.times_in_all < (self.times_per_year or 1):
            what = f"times_in_all is {self.times_in_all}, so it is never had so often"
            yield Finding(("times_per_year",), what, f"write {self.times_in_all} or fewer")

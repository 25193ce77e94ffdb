"""Promotions: what a sale earns on top, for some time, at some places, for some members.

Hours and weekdays are those of ``occurred_at`` in its own offset, the shop's clock on the wall;
days are the POS's business date.
"""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from agent.core.instant import BusinessDate, Instant
from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Lines, Rate, Weekday, as_fraction, is_between
from agent.core.values import Code, Points, Value

__all__ = ["Budget", "Caps", "Hours", "Occasion", "Promotion"]

_Count = Annotated[Points, Field(ge=1, le=1_000_000)]
_Days = Annotated[int, Field(strict=True, ge=0, le=366)]

Occasion = Literal["first_purchase", "welcome", "birthday", "visit"]
"""``first_purchase``: nothing was bought before. ``welcome``: within ``within_days`` of enrolment.
``birthday``: within ``within_days`` of the birthday, or the tier's own. ``visit``: a zone reader
saw the member in ``zone`` on this business date.
"""


_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def _hours_and_minutes(value: object) -> object:
    """Take ``"16:30"``, TOML's own ``16:30:00``, and the text that JSON has for that."""
    if isinstance(value, time):
        return value
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError('write it as "16:30"')


_Time = Annotated[time, BeforeValidator(_hours_and_minutes)]


class Hours(Value):
    """From one time of the day up to another, which is not one of them; it may be past midnight."""

    start: _Time
    """The first minute: "16:30"."""
    end: _Time
    """The minute at which it is over: "18:00"."""

    @model_validator(mode="after")
    def _it_is_a_part_of_a_day(self) -> Self:
        if self.start == self.end:
            what = f"from {self.start:%H:%M} to {self.end:%H:%M} is no time, or the whole day"
            raise Amiss(Finding(("end",), what, "write another end, or leave hours out"))
        return self

    def has(self, at: time) -> bool:
        """Say whether a time of the day is within."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class Caps(Value):
    """How much one member gets of a promotion; what goes beyond is not given."""

    points_per_sale: _Count | None = None
    """At most so many points in one sale."""
    points_per_day: _Count | None = None
    """At most so many points on a business date."""
    points_in_all: _Count | None = None
    """At most so many points ever."""
    times_per_day: _Count | None = None
    """In at most so many sales of a business date."""
    times_in_all: _Count | None = None
    """In at most so many sales ever."""


class Budget(Value):
    """Points that a promotion may give in all, split between the stores so that none needs to ask.

    A store that is not listed has the allowance ``each_store``, or none; ``other_stores`` says how
    many such stores there are, so that all together stay within the points.
    """

    points: Annotated[Points, Field(ge=1)]
    """Points that all stores together may give."""
    stores: dict[Code, Annotated[Points, Field(ge=0)]] = Field(default_factory=dict)
    """The allowance of each store that has its own: { s001 = 3000 }."""
    each_store: Annotated[Points, Field(ge=0)] = 0
    """The allowance of every other store; default none."""
    other_stores: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    """How many other stores there are; goes with each_store."""

    @model_validator(mode="after")
    def _it_can_be_kept(self) -> Self:
        if self.each_store and self.other_stores is None:
            what = "nobody says how many other stores have each_store"
            fix = "write other_stores, the number of stores that are not listed in stores"
            raise Amiss(Finding(("each_store",), what, fix))
        if self.other_stores is not None and not self.each_store:
            what = "other_stores goes with each_store"
            raise Amiss(Finding(("other_stores",), what, "write each_store, or take it out"))
        others = self.each_store * (self.other_stores or 0)
        shared = sum(self.stores.values()) + others
        if shared > self.points:
            what = f"the stores' allowances add up to {shared}, more than {self.points}"
            fix = f"give less to each, or write points = {shared}"
            raise Amiss(Finding(("each_store" if others else "stores",), what, fix))
        return self

    def allowance(self, store: str | None) -> int:
        """Answer how many points a store may give."""
        return self.each_store if store is None else self.stores.get(store, self.each_store)


class Promotion(Lines):
    """A ``multiplier`` of what earn rules give, or a ``bonus`` for each sale.

    It counts from ``first_day`` to ``last_day`` (both of them too), or between two moments. A bonus
    wants a line that the promotion is about, and of such lines ``minimum_minor``; a multiplier
    multiplies what the rules of ``rules`` (or all) give for such lines. Which of several that apply
    are given is the program's ``stacking``; one that is ``always`` given is beside the others.
    """

    multiplier: Rate | None = None
    """What the points of earn rules are multiplied by: "2" is double points."""
    bonus: _Count | None = None
    """Points on top for each sale."""
    rules: frozenset[Code] = frozenset()
    """Only points of these earn rules are multiplied."""
    first_day: BusinessDate | None = None
    """The first business date."""
    last_day: BusinessDate | None = None
    """The last business date."""
    starts_at: Instant | None = None
    """The first moment, with its offset."""
    ends_at: Instant | None = None
    """The moment at which it is over, with its offset."""
    weekdays: frozenset[Weekday] = frozenset()
    """Only on these days of the week."""
    hours: tuple[Hours, ...] = ()
    """Only within these hours of the clock on the wall."""
    stores: frozenset[Code] = frozenset()
    """Only in these stores."""
    lanes: frozenset[Code] = frozenset()
    """Only at these lanes."""
    tiers: frozenset[Code] = frozenset()
    """Only for members of these tiers."""
    minimum_minor: Annotated[int, Field(strict=True, ge=0, le=10**12)] = 0
    """Only from so much money on, in minor units, of the goods that it is about."""
    occasion: Occasion | None = None
    """Only on an occasion of the member."""
    within_days: _Days = 0
    """So many days after enrolment or the birthday, too."""
    tier_days: dict[Code, _Days] = Field(default_factory=dict)
    """The days after the birthday for a tier: { gold = 7 }."""
    zone: Code | None = None
    """The zone in which a reader saw the member that day."""
    always: Annotated[bool, Field(strict=True)] = False
    """true: given beside any other promotion."""
    caps: Caps = Caps()
    """How much one member gets of it."""
    budget: Budget | None = None
    """How much all members together get of it, split between the stores."""

    @model_validator(mode="after")
    def _it_makes_sense(self) -> Self:
        if found := [*self._gives_amiss(), *self._window_amiss(), *self._occasion_amiss()]:
            raise Amiss(*found)
        return self

    def _gives_amiss(self) -> Iterator[Finding]:
        if (self.multiplier is None) == (self.bonus is None):
            what = "say what it gives, and one thing alone"
            yield Finding((), what, "write multiplier or bonus")
        elif self.multiplier is not None and as_fraction(self.multiplier) <= 1:
            what = "a multiplier must be above 1, or it gives nothing"
            yield Finding(("multiplier",), what, 'write "2" for double points')
        if self.rules and self.multiplier is None:
            what = "rules are what a multiplier multiplies; a bonus has none"
            yield Finding(("rules",), what, "take rules out")

    def _window_amiss(self) -> Iterator[Finding]:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            what = "last_day is before first_day, so it would never apply"
            yield Finding(("last_day",), what, f"write {self.first_day} or later")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            what = "ends_at is not after starts_at, so it would never apply"
            yield Finding(("ends_at",), what, f"write a moment after {self.starts_at.isoformat()}")

    def _occasion_amiss(self) -> Iterator[Finding]:
        if (self.occasion == "visit") != (self.zone is not None):
            key = "occasion" if self.zone is None else "zone"
            what = 'occasion = "visit" and zone go together'
            yield Finding((key,), what, "write both or neither")
        if self.within_days and self.occasion not in ("welcome", "birthday"):
            what = 'within_days goes with occasion = "welcome" or "birthday"'
            yield Finding(("within_days",), what, "add such an occasion, or take it out")
        if self.tier_days and self.occasion != "birthday":
            what = 'tier_days go with occasion = "birthday"'
            yield Finding(("tier_days",), what, "add that occasion, or take them out")

    def covers(self, day: date) -> bool:
        """Say whether a business date is between its days."""
        return is_between(self.first_day, day, self.last_day)

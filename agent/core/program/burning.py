"""Burning: what points buy, as money off and from a catalogue."""

from datetime import date
from math import gcd
from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core.calendar import months_after
from agent.core.instant import BusinessDate
from agent.core.mistakes import Amiss, Finding
from agent.core.program.occasions import Occasional
from agent.core.program.parts import Lines, Rate, is_between
from agent.core.tokens import Proof
from agent.core.values import Code

__all__ = ["Discount", "Reward"]

_MOST_POINTS = 1_000_000

_Money = Annotated[int, Field(strict=True, ge=0, le=10**12)]
_Alone = Annotated[bool, Field(strict=True)]


class Discount(Lines):
    """Points as money off: every ``points`` are worth ``worth_minor``.

    They are redeemed in steps of ``step`` points, and not fewer than ``minimum`` at once, in a
    basket of ``minimum_basket_minor``, for at most ``most_percent`` of it, and for no more than its
    lines of these categories or articles come to, where it names any. At a partner they are worth
    ``partner_rate`` times as much. Where they are turned into vouchers, one can be used for
    ``voucher_months`` from its day of issue. One that is ``alone`` goes with no reward.
    """

    points: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    """So many points …"""
    worth_minor: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    """… take so many minor units off."""
    step: Annotated[int, Field(strict=True, ge=1, le=_MOST_POINTS)]
    """Points are redeemed in steps of so many."""
    minimum: Annotated[int, Field(strict=True, ge=0, le=_MOST_POINTS)] = 0
    """At least so many points at once."""
    minimum_basket_minor: _Money = 0
    """Only with a basket of so much, in minor units."""
    most_percent: Annotated[int, Field(strict=True, ge=1, le=100)] = 100
    """At most this share of the basket, in percent."""
    partner_rate: Rate | None = None
    """What the worth is multiplied by at a partner: "2"."""
    voucher_months: Annotated[int, Field(strict=True, ge=1, le=120)] | None = None
    """A voucher that was issued for points is good for so many months."""
    alone: _Alone = False
    """true: not in a sale that has a reward, too."""

    def off_minor(self, points: int) -> int:
        """Answer what whole steps of points take off."""
        return points * self.worth_minor // self.points

    @property
    def least(self) -> int:
        """The fewest points that can be redeemed at once."""
        return max(self.minimum, self.step)

    def voucher_gone_on(self, issued_on: date) -> date | None:
        """Answer the first day on which a voucher is no longer good; None where it always is."""
        months = self.voucher_months
        return None if months is None else months_after(issued_on, months)

    @model_validator(mode="after")
    def _a_step_is_whole_money(self) -> Self:
        if self.step * self.worth_minor % self.points:
            what = "a step must be worth whole minor units"
            fix = f"write {self.points // gcd(self.points, self.worth_minor)}, or a multiple of it"
            raise Amiss(Finding(("step",), what, fix))
        return self

    @model_validator(mode="after")
    def _the_least_is_whole_steps(self) -> Self:
        """Hold that the least can be redeemed itself: it is what a member is told to collect."""
        below = self.minimum // self.step * self.step
        if below != self.minimum:
            near = f"{below} or {below + self.step}" if below else str(self.step)
            what = (
                f"points are redeemed in steps of {self.step}, so nobody can redeem the "
                f"minimum of {self.minimum}"
            )
            raise Amiss(Finding(("minimum",), what, f"make it {near}"))
        return self


class Reward(Occasional):
    """Something that points buy, or that an occasion brings. ``value_minor`` is what it takes off
    the basket at most, where it does: no more than its lines come to.

    It is there from ``first_day`` to ``last_day`` for members of ``tiers``, with a basket of
    ``minimum_basket_minor`` that has a line of its categories or articles, where it names any, and
    to a card that proves as much as ``proof``. One that is ``alone`` goes with no other, and with
    no points as money off.
    """

    value_minor: Annotated[int, Field(strict=True, ge=0, le=_MOST_POINTS)] | None = None
    """What it takes off the basket, or off its lines, at most, in minor units; leave it out where
    it is a thing."""
    minimum_basket_minor: _Money = 0
    """Only with a basket of so much, in minor units."""
    tiers: frozenset[Code] = frozenset()
    """Only for members of these tiers."""
    first_day: BusinessDate | None = None
    """The first business date on which it can be had."""
    last_day: BusinessDate | None = None
    """The last business date on which it can be had."""
    proof: Proof = "any"
    """What the card must prove: any, uid (a reader read it) or sdm (it signed)."""
    alone: _Alone = False
    """true: not in a sale that has another reward, or points as money off."""

    @model_validator(mode="after")
    def _it_can_be_had(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            what = "last_day is before first_day, so nobody could have it"
            raise Amiss(Finding(("last_day",), what, f"write {self.first_day} or later"))
        return self

    def is_there_on(self, day: date) -> bool:
        """Say whether a business date is between its days."""
        return is_between(self.first_day, day, self.last_day)

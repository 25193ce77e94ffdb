"""Offline: what stores may redeem while head office does not answer, and what it leases ahead."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from agent.core.mistakes import Amiss, Finding
from agent.core.values import Value

__all__ = ["Leases", "Offline"]

_Points = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
_Times = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class Offline(Value):
    """The floor: what a device may redeem beyond its rights while it is cut off, in whole points.

    Without this table it is nothing. Each point of it may be spent at another store, too, and is
    then a debt of the member: so these caps are what the program puts at risk.
    """

    per_redemption: _Points
    """At most so many points of one redemption."""
    per_account: _Points
    """At most so many of one member at one device, until head office has acknowledged them."""
    per_device: _Points
    """At most so many at one device, until head office has acknowledged them."""
    per_day: _Points = 1_000_000
    """At most so many at one device on one business date."""
    soft_count: _Times = 1_000
    """After so many redemptions of one member that head office has not acknowledged, their card
    must be read; a typed number or a telephone number is no longer enough."""
    hard_count: _Times = 1_000
    """After so many of them, no more of this member."""

    @model_validator(mode="after")
    def _the_caps_fit_each_other(self) -> Self:
        """Hold that each narrower cap can be reached: one that cannot says what nobody meant."""
        for lesser, greater in (
            ("per_redemption", "per_account"),
            ("per_account", "per_device"),
            ("per_redemption", "per_day"),
            ("soft_count", "hard_count"),
        ):
            least, most = getattr(self, lesser), getattr(self, greater)
            # The soft count is 1,000 where nobody wrote it, and then there is none.
            if least > most and lesser in self.model_fields_set:
                what = f"{lesser} is above {greater}, which stops every redemption before"
                raise Amiss(Finding((lesser,), what, f"write {most} or less"))
        return self


class Leases(Value):
    """What head office leases ahead: ``points`` of each member's to each of the ``devices`` that
    the member visited last, so that they can be spent there while it does not answer.

    What a sale earns can be spent where it was earned in any case, until it is needed elsewhere.
    """

    points: _Points = 0
    """So many points of each member's."""
    devices: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    """To each of so many devices that the member visited last."""

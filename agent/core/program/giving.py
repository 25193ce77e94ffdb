"""Points without a purchase of one's own, and how many a member may have."""

from typing import Annotated

from pydantic import Field

from agent.core.program.parts import Worded
from agent.core.values import Points, Value

__all__ = ["Enrolment", "Limits", "Referral"]

_Count = Annotated[Points, Field(ge=1, le=1_000_000)]


class Enrolment(Worded):
    """Points for becoming a member."""

    points: _Count
    """Points for becoming a member."""


class Referral(Worded):
    """Member gets member: ``points`` to who brought a friend and ``friend_points`` to the friend,
    with the friend's first sale of at least ``minimum_minor``. Smaller ones before it change
    nothing. Where that sale is called off, or less than so much is left of it, both lose the
    points, and the next sale that comes to so much brings them.
    """

    points: _Count
    """Points to who brought the friend."""
    friend_points: Annotated[Points, Field(ge=0, le=1_000_000)] = 0
    """Points to the friend."""
    minimum_minor: Annotated[int, Field(strict=True, ge=0, le=10**12)] = 0
    """What the sale must come to, in minor units: money paid for goods that some rule counts."""


class Limits(Value):
    """Against fraud: what goes beyond is withheld, and no sale is refused for it."""

    points_per_sale: _Count | None = None
    """A sale earns at most so many points."""
    points_per_day: _Count | None = None
    """A member earns at most so many points on a business date."""
    sales_per_hour: _Count | None = None
    """A member earns in at most so many sales within an hour, by the POS's clock and ours."""

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


class Referral(Worded):
    """Member gets member: ``points`` to who brought a friend and ``friend_points`` to the friend,
    with the friend's first sale of at least ``minimum_minor``.
    """

    points: _Count
    friend_points: Annotated[Points, Field(ge=0, le=1_000_000)] = 0
    minimum_minor: Annotated[int, Field(strict=True, ge=0, le=10**12)] = 0


class Limits(Value):
    """Against fraud: what goes beyond is withheld, and no sale is refused for it."""

    points_per_sale: _Count | None = None
    points_per_day: _Count | None = None
    sales_per_hour: _Count | None = None

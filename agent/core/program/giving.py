"""Points without a purchase of one's own, and how many a member may have."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.core.mistakes import Amiss, Finding
from agent.core.program.parts import Worded
from agent.core.tokens import PROOFS
from agent.core.values import Points, Value

__all__ = ["Enrolment", "Limits", "ProofLimit", "Referral"]

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


class ProofLimit(Value):
    """From how many points on a card must prove what it is, to spend them."""

    above_points: Annotated[Points, Field(ge=0, le=1_000_000_000)]
    """So many points are spent without; 0 for none."""
    proof: Literal["uid", "sdm"]
    """What more of them need: uid (a reader read it) or sdm (it signed)."""


class Limits(Value):
    """Against fraud: what a sale earns beyond them is withheld, and no sale is refused for it; a
    redemption is, where the card proves too little for it.
    """

    points_per_sale: _Count | None = None
    """A sale earns at most so many points."""
    points_per_day: _Count | None = None
    """A member earns at most so many points on a business date."""
    sales_per_hour: _Count | None = None
    """A member earns in at most so many sales within an hour, by the POS's clock and ours."""
    redemptions: tuple[ProofLimit, ...] = ()
    """What a card must prove where more points are spent at once, or for one sale."""

    @model_validator(mode="after")
    def _more_points_need_more(self) -> Self:
        """Hold that each step is of more points and a stronger proof: else one of two is idle."""
        for index, (less, more) in enumerate(pairwise(self.redemptions), start=1):
            if more.above_points <= less.above_points:
                what = f"above_points must rise; the one before is {less.above_points}"
                fix = f"write more than {less.above_points}"
                raise Amiss(Finding(("redemptions", index, "above_points"), what, fix))
            if PROOFS.index(more.proof) <= PROOFS.index(less.proof):
                what = f"more than {less.above_points} points need '{less.proof}' already"
                fix = 'write proof = "sdm", or take it out'
                raise Amiss(Finding(("redemptions", index, "proof"), what, fix))
        return self

"""Facts about points that are there already: held, spent, given back, changed by hand."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from agent.core.facts.base import Count, FactBase, Negative, Some
from agent.core.values import Code, Label, Points, WrittenToken

__all__ = [
    "ActivatePoints",
    "AdjustPoints",
    "Authority",
    "CreateReward",
    "DeleteReward",
    "ExpirePoints",
    "LotPart",
    "RedeemReward",
    "ReleaseReason",
]

Authority = Literal["lease", "online", "floor"]
ReleaseReason = Literal["released", "timed_out", "remainder", "in_doubt"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LotPart:
    """Points of one lot; a lot is named by the entry that made it."""

    epoch: Count
    seq: Some
    points: Some


class ActivatePoints(FactBase, frozen=True, kw_only=True, tag="ACTIVATE_POINTS"):
    """Pending points became active: the day they waited for has come."""

    account: Code
    points: Some
    lots: tuple[LotPart, ...]
    lease: Count = 0


class CreateReward(FactBase, frozen=True, kw_only=True, tag="CREATE_REWARD"):
    """Points are held for a redemption. ``lease`` is what the device's rights cover of it, as a
    negative number; ``floor`` the rest, which no right covers. ``token`` is the card that was shown
    for it; a member who was found otherwise showed none.
    """

    redemption_id: Code
    account: Code
    points: Some
    authority: Authority
    expires_at: str
    reward: Code | None = None
    sale_id: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None
    floor: Count = 0
    lease: Negative = 0
    token: WrittenToken | None = None


class RedeemReward(FactBase, frozen=True, kw_only=True, tag="REDEEM_REWARD"):
    """Held points were spent."""

    redemption_id: Code
    account: Code
    points: Some
    sale_id: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None


class DeleteReward(FactBase, frozen=True, kw_only=True, tag="DELETE_REWARD"):
    """Held points were given back."""

    redemption_id: Code
    account: Code
    points: Some
    reason: ReleaseReason
    lease: Count = 0


class AdjustPoints(FactBase, frozen=True, kw_only=True, tag="ADJUST_POINTS"):
    """A person changed a balance, and says why; above a limit a second person agreed."""

    account: Code
    points: Points
    reason: Label
    cashier: Code
    approver: Code | None = None
    lease: Points = 0
    adjust_id: Code | None = None
    balance: Points | None = None
    lane: Code | None = None


class ExpirePoints(FactBase, frozen=True, kw_only=True, tag="EXPIRE_POINTS"):
    """Points ran out. Only head office says so; a device never writes it."""

    account: Code
    points: Some
    due_on: date

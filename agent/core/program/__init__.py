"""A loyalty program: rules as data, read from a TOML file that a marketing person can edit.

``program`` is the whole file; what it can say has a module each: earning, promotions, tiers,
expiry, burning (rewards and points as money off), occasions (what
costs nothing), stamping (stamp cards), giving (points without a sale), limits,
and offline (what stores may redeem while cut off).
"""

from agent.core.program.burning import Discount, Reward
from agent.core.program.earning import EarnRule, Step
from agent.core.program.editions import Editions
from agent.core.program.expiry import Expiry
from agent.core.program.giving import Enrolment, Limits, ProofLimit, Referral
from agent.core.program.occasions import FreeOccasion, Occasional
from agent.core.program.offline import Leases, Offline
from agent.core.program.parts import Rate, Weekday, Worded
from agent.core.program.program import Program
from agent.core.program.promotions import Budget, Caps, Hours, Promotion
from agent.core.program.stamping import StampCard
from agent.core.program.tiers import Tier, TierRules

__all__ = [
    "Budget",
    "Caps",
    "Discount",
    "EarnRule",
    "Editions",
    "Enrolment",
    "Expiry",
    "FreeOccasion",
    "Hours",
    "Leases",
    "Limits",
    "Occasional",
    "Offline",
    "Program",
    "Promotion",
    "ProofLimit",
    "Rate",
    "Referral",
    "Reward",
    "StampCard",
    "Step",
    "Tier",
    "TierRules",
    "Weekday",
    "Worded",
]

"""Facts: what can happen to points, cards and the journal itself, in the words of the field.

The kinds that move points carry the names of Square's Loyalty API (ACCUMULATE_POINTS, CREATE_REWARD
…); a redemption is made by CREATE_REWARD, captured by REDEEM_REWARD and given back by
DELETE_REWARD. Every fact holds what was decided, with its figures, so that nobody who reads it has
to decide again: ``lease`` is the signed change to this device's own rights, ``balance`` what the
member was told.

Facts are msgspec structs: a journal of a million entries is read back in a minute, and encoded the
same to the byte by whoever holds them. The sale inside stays the very bytes the border made of it.
"""

from agent.core.facts.base import LARGEST
from agent.core.facts.device import (
    ActivityFlag,
    AddCard,
    CardState,
    CardStateName,
    ClockJump,
    Enrol,
    EpochCause,
    FlagActivity,
    LeaseGrant,
    LeaseReturn,
    OpenEpoch,
    RateVisit,
)
from agent.core.facts.office import OFFICE_FACTS, EraseMember, MergeAccounts, SettleConflict
from agent.core.facts.points import (
    ActivatePoints,
    AdjustPoints,
    Authority,
    CreateReward,
    DeleteReward,
    ExpirePoints,
    LotPart,
    RedeemReward,
    ReleaseReason,
)
from agent.core.facts.sales import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ClaimSale,
    ReturnedLine,
    ReturnPromotionPoints,
    ReturnSale,
    SaleFlag,
    SaleStatus,
    VoidSale,
)
from agent.core.facts.vouchers import (
    HoldVoucher,
    IssueVoucher,
    ReleaseVoucher,
    UseVoucher,
    VoucherReleaseReason,
    WithdrawVoucher,
)

__all__ = [
    "LARGEST",
    "OFFICE_FACTS",
    "AccumulatePoints",
    "AccumulatePromotionPoints",
    "ActivatePoints",
    "ActivityFlag",
    "AddCard",
    "AdjustPoints",
    "Authority",
    "CardState",
    "CardStateName",
    "ClaimSale",
    "ClockJump",
    "CreateReward",
    "DeleteReward",
    "Enrol",
    "EpochCause",
    "EraseMember",
    "ExpirePoints",
    "Fact",
    "FlagActivity",
    "HoldVoucher",
    "IssueVoucher",
    "LeaseGrant",
    "LeaseReturn",
    "LotPart",
    "MergeAccounts",
    "OpenEpoch",
    "RateVisit",
    "RedeemReward",
    "ReleaseReason",
    "ReleaseVoucher",
    "ReturnPromotionPoints",
    "ReturnSale",
    "ReturnedLine",
    "SaleFlag",
    "SaleStatus",
    "SettleConflict",
    "UseVoucher",
    "VoidSale",
    "VoucherReleaseReason",
    "WithdrawVoucher",
    "kind_of",
]

Fact = (
    Enrol
    | AccumulatePoints
    | AccumulatePromotionPoints
    | ActivatePoints
    | CreateReward
    | RedeemReward
    | DeleteReward
    | ReturnSale
    | ReturnPromotionPoints
    | VoidSale
    | ClaimSale
    | AdjustPoints
    | ExpirePoints
    | IssueVoucher
    | HoldVoucher
    | UseVoucher
    | ReleaseVoucher
    | WithdrawVoucher
    | AddCard
    | CardState
    | FlagActivity
    | RateVisit
    | LeaseGrant
    | LeaseReturn
    | OpenEpoch
    | ClockJump
    | MergeAccounts
    | SettleConflict
    | EraseMember
)


def kind_of(fact: Fact) -> str:
    """Answer a fact's kind as its bytes name it."""
    return str(fact.__struct_config__.tag)

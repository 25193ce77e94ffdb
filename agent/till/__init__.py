"""What a till can ask for: identify a card, enrol one, commit, claim, void and return a
sale, redeem and adjust points, turn them into vouchers, add up a day."""

from agent.till.adjustments import AdjustAnswer, Adjustment
from agent.till.back import Back
from agent.till.cards import Block, Enrolled, Enrolment, MoreCard, Replacement
from agent.till.committed import Committed
from agent.till.days import DayAnswer
from agent.till.members import AccountView, LastSale, parse_token
from agent.till.profiles import Personal, ProfileChange
from agent.till.quotes import Quote
from agent.till.redemptions import RedemptionAnswer
from agent.till.refusals import (
    AdjustIdReused,
    ApprovalNeeded,
    CardBlocked,
    CardInUse,
    CashierLimit,
    ClaimTooLate,
    InsufficientPoints,
    MalformedPhone,
    MalformedPosition,
    MalformedToken,
    NotRedeemable,
    OfflineLimit,
    PhoneInUse,
    RedemptionEnded,
    RedemptionIdReused,
    ReturnIdReused,
    ReturnTooLarge,
    SaleHasCard,
    SaleIdReused,
    SaleRecorded,
    SaleReturned,
    SaleVoided,
    TillRefusal,
    TooManyPins,
    TooManyPoints,
    UnknownAccount,
    UnknownCard,
    UnknownRedemption,
    UnknownReward,
    UnknownSale,
)
from agent.till.rights import Rights, Standing, return_everything
from agent.till.terms import Terms
from agent.till.till import Till
from agent.till.voucher_issue import VoucherAnswer
from agent.till.voucher_refusals import (
    MalformedVoucher,
    UnknownVoucher,
    VoucherExpired,
    VoucherIdReused,
    VoucherUsed,
)
from agent.till.voucher_wishes import AnyWish, VoucherOrder, VoucherWish
from agent.till.vouchers import VoucherState
from agent.till.wishes import Wish

__all__ = [
    "AccountView",
    "AdjustAnswer",
    "AdjustIdReused",
    "Adjustment",
    "AnyWish",
    "ApprovalNeeded",
    "Back",
    "Block",
    "CardBlocked",
    "CardInUse",
    "CashierLimit",
    "ClaimTooLate",
    "Committed",
    "DayAnswer",
    "Enrolled",
    "Enrolment",
    "InsufficientPoints",
    "LastSale",
    "MalformedPhone",
    "MalformedPosition",
    "MalformedToken",
    "MalformedVoucher",
    "MoreCard",
    "NotRedeemable",
    "OfflineLimit",
    "Personal",
    "PhoneInUse",
    "ProfileChange",
    "Quote",
    "RedemptionAnswer",
    "RedemptionEnded",
    "RedemptionIdReused",
    "Replacement",
    "ReturnIdReused",
    "ReturnTooLarge",
    "Rights",
    "SaleHasCard",
    "SaleIdReused",
    "SaleRecorded",
    "SaleReturned",
    "SaleVoided",
    "Standing",
    "Terms",
    "Till",
    "TillRefusal",
    "TooManyPins",
    "TooManyPoints",
    "UnknownAccount",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "UnknownSale",
    "UnknownVoucher",
    "VoucherAnswer",
    "VoucherExpired",
    "VoucherIdReused",
    "VoucherOrder",
    "VoucherState",
    "VoucherUsed",
    "VoucherWish",
    "Wish",
    "parse_token",
    "return_everything",
]

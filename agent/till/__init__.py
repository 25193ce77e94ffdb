"""What a till can ask for: identify a card, enrol one, commit, claim, void and return a
sale, redeem points."""

from agent.till.members import AccountView, LastSale, parse_token
from agent.till.quotes import Quote
from agent.till.redemptions import RedemptionAnswer, Wish
from agent.till.refusals import (
    CardBlocked,
    CardInUse,
    ClaimTooLate,
    InsufficientPoints,
    MalformedToken,
    NotRedeemable,
    OfflineLimit,
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
    UnknownCard,
    UnknownRedemption,
    UnknownReward,
    UnknownSale,
)
from agent.till.take_back import Back
from agent.till.terms import Terms
from agent.till.till import Committed, Till

__all__ = [
    "AccountView",
    "Back",
    "CardBlocked",
    "CardInUse",
    "ClaimTooLate",
    "Committed",
    "InsufficientPoints",
    "LastSale",
    "MalformedToken",
    "NotRedeemable",
    "OfflineLimit",
    "Quote",
    "RedemptionAnswer",
    "RedemptionEnded",
    "RedemptionIdReused",
    "ReturnIdReused",
    "ReturnTooLarge",
    "SaleHasCard",
    "SaleIdReused",
    "SaleRecorded",
    "SaleReturned",
    "SaleVoided",
    "Terms",
    "Till",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "UnknownSale",
    "Wish",
    "parse_token",
]

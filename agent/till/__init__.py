"""What a till can ask for: identify a card, enrol one, commit a sale, redeem points."""

from agent.till.members import AccountView, LastSale, parse_token
from agent.till.redemptions import RedemptionAnswer, Wish
from agent.till.refusals import (
    CardBlocked,
    CardInUse,
    InsufficientPoints,
    MalformedToken,
    NotRedeemable,
    OfflineLimit,
    RedemptionEnded,
    RedemptionIdReused,
    SaleIdReused,
    SaleRecorded,
    TillRefusal,
    UnknownCard,
    UnknownRedemption,
    UnknownReward,
)
from agent.till.terms import Terms
from agent.till.till import Committed, Till

__all__ = [
    "AccountView",
    "CardBlocked",
    "CardInUse",
    "Committed",
    "InsufficientPoints",
    "LastSale",
    "MalformedToken",
    "NotRedeemable",
    "OfflineLimit",
    "RedemptionAnswer",
    "RedemptionEnded",
    "RedemptionIdReused",
    "SaleIdReused",
    "SaleRecorded",
    "Terms",
    "Till",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "Wish",
    "parse_token",
]

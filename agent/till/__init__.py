"""What a till can ask for: identify a card, enrol one, commit, claim, void and return a
sale, redeem points."""

from agent.till.cards import Block, Enrolment, MoreCard, Replacement
from agent.till.members import AccountView, LastSale, parse_token
from agent.till.profiles import Personal
from agent.till.quotes import Quote
from agent.till.redemptions import RedemptionAnswer, Wish
from agent.till.refusals import (
    CardBlocked,
    CardInUse,
    ClaimTooLate,
    InsufficientPoints,
    MalformedPhone,
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
    UnknownAccount,
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
    "Block",
    "CardBlocked",
    "CardInUse",
    "ClaimTooLate",
    "Committed",
    "Enrolment",
    "InsufficientPoints",
    "LastSale",
    "MalformedPhone",
    "MalformedToken",
    "MoreCard",
    "NotRedeemable",
    "OfflineLimit",
    "Personal",
    "PhoneInUse",
    "Quote",
    "RedemptionAnswer",
    "RedemptionEnded",
    "RedemptionIdReused",
    "Replacement",
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
    "UnknownAccount",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "UnknownSale",
    "Wish",
    "parse_token",
]

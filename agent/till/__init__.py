"""What a till can ask for: identify a card, enrol one, commit a sale."""

from agent.till.members import AccountView, LastSale, parse_token
from agent.till.refusals import (
    CardInUse,
    MalformedToken,
    SaleIdReused,
    SaleRecorded,
    TillRefusal,
    UnknownCard,
    UnknownRedemption,
)
from agent.till.till import Committed, Till

__all__ = [
    "AccountView",
    "CardInUse",
    "Committed",
    "LastSale",
    "MalformedToken",
    "SaleIdReused",
    "SaleRecorded",
    "Till",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
    "parse_token",
]

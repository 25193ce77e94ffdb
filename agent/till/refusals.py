"""What a till is refused with: a considered no, after which nothing was written.

::

    TillRefusal           the message is for the cashier
    ├── UnknownCard       no account has this card
    ├── CardInUse         the card already belongs to an account
    ├── MalformedToken    what was read is no card number; carries the reason word
    ├── SaleIdReused      another basket was committed under this sale_id
    ├── SaleRecorded      it was committed; its basket is no longer kept to compare this one with
    ├── CardBlocked       the card was blocked, lost or replaced
    ├── UnknownRedemption no redemption with this id was held here
    ├── UnknownReward     the program has no such reward
    ├── NotRedeemable     so many points, or points at all, are not redeemed that way
    ├── InsufficientPoints the balance does not cover it
    ├── OfflineLimit      the balance does, but not what this device may spend by itself
    ├── RedemptionIdReused another redemption has this id
    ├── RedemptionEnded   it was captured or given back before
    ├── UnknownSale       no sale was committed under this id here
    ├── SaleHasCard       the sale belongs to a member already
    ├── ClaimTooLate      the sale is of another business date, or part of it came back
    ├── SaleReturned      all of the sale came back
    ├── SaleVoided        the sale was voided
    ├── ReturnTooLarge    more would come back than was sold
    └── ReturnIdReused    another return of this sale has this id
"""

from agent.ledger import Refusal

__all__ = [
    "CardBlocked",
    "CardInUse",
    "ClaimTooLate",
    "InsufficientPoints",
    "MalformedToken",
    "NotRedeemable",
    "OfflineLimit",
    "RedemptionEnded",
    "RedemptionIdReused",
    "ReturnIdReused",
    "ReturnTooLarge",
    "SaleHasCard",
    "SaleIdReused",
    "SaleRecorded",
    "SaleReturned",
    "SaleVoided",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "UnknownSale",
]


class TillRefusal(Refusal):
    """A considered no to a till; the message is for the cashier."""


class UnknownCard(TillRefusal):
    """No account has this card."""


class CardInUse(TillRefusal):
    """The card already belongs to an account."""


class MalformedToken(TillRefusal):
    """What was read is not a card number tapledger accepts."""


class SaleIdReused(TillRefusal):
    """Another basket was committed under this sale_id."""


class SaleRecorded(TillRefusal):
    """The sale was committed and counts; its basket is no longer kept to compare this one with."""


class CardBlocked(TillRefusal):
    """The card was blocked, lost or replaced; points are not redeemed with it."""


class UnknownRedemption(TillRefusal):
    """No redemption with this id was held here."""


class UnknownReward(TillRefusal):
    """The program has no such reward."""


class NotRedeemable(TillRefusal):
    """Points are not redeemed that way."""


class InsufficientPoints(TillRefusal):
    """The balance does not cover the redemption."""


class OfflineLimit(TillRefusal):
    """The balance covers it, but not what this device may spend by itself."""


class RedemptionIdReused(TillRefusal):
    """Another redemption has this id."""


class RedemptionEnded(TillRefusal):
    """The redemption was captured or given back before."""


class UnknownSale(TillRefusal):
    """No sale was committed under this id here."""


class SaleHasCard(TillRefusal):
    """The sale belongs to a member already."""


class ClaimTooLate(TillRefusal):
    """The sale can no longer be claimed."""


class SaleReturned(TillRefusal):
    """All of the sale came back already."""


class SaleVoided(TillRefusal):
    """The sale was voided."""


class ReturnTooLarge(TillRefusal):
    """More would come back than was sold."""


class ReturnIdReused(TillRefusal):
    """Another return of the sale has this id."""

"""What a till is refused with: a considered no, after which nothing was written.

::

    TillRefusal           the message is for the cashier
    ├── UnknownCard       no account has this card
    ├── CardInUse         the card already belongs to an account
    ├── MalformedToken    what was read is no card number; carries the reason word
    ├── SaleIdReused      another basket was committed under this sale_id
    ├── SaleRecorded      it was committed; its basket is no longer kept to compare this one with
    └── UnknownRedemption the sale names a redemption that this ledger does not have
"""

from agent.ledger import Refusal

__all__ = [
    "CardInUse",
    "MalformedToken",
    "SaleIdReused",
    "SaleRecorded",
    "TillRefusal",
    "UnknownCard",
    "UnknownRedemption",
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


class UnknownRedemption(TillRefusal):
    """The sale names a redemption that this ledger does not have."""

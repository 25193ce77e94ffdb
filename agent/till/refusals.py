"""What a till is refused with: a considered no, after which nothing was written.

::

    TillRefusal           the message is for the cashier
    ├── UnknownCard       no account has this card
    ├── UnknownAccount    no member has this account
    ├── CardInUse         the card already belongs to an account
    ├── PhoneInUse        another member has this telephone number
    ├── MalformedToken    what was read is no card number; carries the reason word
    ├── MalformedPhone    what was said is no whole telephone number
    ├── MalformedPosition what a till sends back lies far beyond this ledger's epoch
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
    ├── ReturnIdReused    another return of this sale has this id
    ├── AdjustIdReused    another adjustment has this id
    ├── ApprovalNeeded    a second person has to agree, with a PIN of their own
    ├── TooManyPins       an approver's PIN was typed wrong too often
    ├── TooManyPoints     an account cannot hold so many
    └── CashierLimit      a cashier has done so much of it on this business date already
"""

from typing import ClassVar

from agent.ledger import Refusal

__all__ = [
    "AdjustIdReused",
    "ApprovalNeeded",
    "CardBlocked",
    "CardInUse",
    "CashierLimit",
    "ClaimTooLate",
    "InsufficientPoints",
    "MalformedPhone",
    "MalformedPosition",
    "MalformedToken",
    "NotRedeemable",
    "OfflineLimit",
    "PhoneInUse",
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
    "TooManyPins",
    "TooManyPoints",
    "UnknownAccount",
    "UnknownCard",
    "UnknownRedemption",
    "UnknownReward",
    "UnknownSale",
]


class TillRefusal(Refusal):
    """A considered no to a till; the message is for the cashier, ``code`` for the POS.

    ``retry_after_s`` says in how many seconds to ask again, where that helps.
    """

    code: ClassVar[str]
    retry_after_s: int | None = None


class UnknownCard(TillRefusal):
    """No account has this card."""

    code = "unknown_card"


class UnknownAccount(TillRefusal):
    """No member has this account."""

    code = "unknown_account"


class PhoneInUse(TillRefusal):
    """Another member has this telephone number."""

    code = "phone_in_use"


class CardInUse(TillRefusal):
    """The card already belongs to an account."""

    code = "card_in_use"


class MalformedToken(TillRefusal):
    """What was read is not a card number tapledger accepts."""

    code = "malformed"


class MalformedPhone(TillRefusal):
    """What was said is no whole telephone number."""

    code = "malformed"


class MalformedPosition(TillRefusal):
    """The position that a till sends back is of an epoch that this ledger cannot have come to."""

    code = "malformed"


class SaleIdReused(TillRefusal):
    """Another basket was committed under this sale_id."""

    code = "sale_id_reused"


class SaleRecorded(TillRefusal):
    """The sale was committed and counts; its basket is no longer kept to compare this one with."""

    code = "sale_recorded"


class CardBlocked(TillRefusal):
    """The card was blocked, lost or replaced; points are not redeemed with it."""

    code = "card_blocked"


class UnknownRedemption(TillRefusal):
    """No redemption with this id was held here."""

    code = "unknown_redemption"


class UnknownReward(TillRefusal):
    """The program has no such reward."""

    code = "unknown_reward"


class NotRedeemable(TillRefusal):
    """Points are not redeemed that way."""

    code = "not_redeemable"


class InsufficientPoints(TillRefusal):
    """The balance does not cover the redemption.

    ``account`` says of whom head office could be asked, where that would help.
    """

    code = "insufficient_points"

    def __init__(self, message: str, *, account: str | None = None) -> None:
        super().__init__(message)
        self.account = account


class OfflineLimit(TillRefusal):
    """The balance covers it, but not what this device may spend by itself.

    ``account`` and ``points`` say what head office could be asked for, where that would help.
    """

    code = "offline_limit"

    def __init__(self, message: str, *, account: str | None = None, points: int = 0) -> None:
        super().__init__(message)
        self.account = account
        self.points = points


class RedemptionIdReused(TillRefusal):
    """Another redemption has this id."""

    code = "redemption_id_reused"


class RedemptionEnded(TillRefusal):
    """The redemption was captured or given back before."""

    code = "redemption_ended"


class UnknownSale(TillRefusal):
    """No sale was committed under this id here."""

    code = "unknown_sale"


class SaleHasCard(TillRefusal):
    """The sale belongs to a member already."""

    code = "sale_has_card"


class ClaimTooLate(TillRefusal):
    """The sale can no longer be claimed."""

    code = "claim_too_late"


class SaleReturned(TillRefusal):
    """All of the sale came back already."""

    code = "sale_returned"


class SaleVoided(TillRefusal):
    """The sale was voided."""

    code = "sale_voided"


class ReturnTooLarge(TillRefusal):
    """More would come back than was sold, or a line that the sale does not have."""

    code = "return_exceeds_sale"


class ReturnIdReused(TillRefusal):
    """Another return of the sale has this id."""

    code = "return_id_reused"


class AdjustIdReused(TillRefusal):
    """Another adjustment has this id."""

    code = "adjust_id_reused"


class ApprovalNeeded(TillRefusal):
    """A second person has to agree, with a PIN of their own."""

    code = "approval_needed"


class TooManyPins(TillRefusal):
    """An approver's PIN was typed wrong too often; no PIN is looked at meanwhile."""

    code = "too_many_pins"

    def __init__(self, *, retry_after_s: int) -> None:
        minutes = -(-retry_after_s // 60)
        super().__init__(f"too many wrong PINs; ask again in {minutes} minutes")
        self.retry_after_s = retry_after_s


class TooManyPoints(TillRefusal):
    """An account cannot hold so many points."""

    code = "too_many_points"


class CashierLimit(TillRefusal):
    """A cashier has done so much of it on this business date already."""

    code = "cashier_limit"

"""Double entry: every fact moves points between owners, and the moves sum to zero.

A member's points are a debt of the program, so what a member gains the program has issued. A
member's points are pending, then active, and held while a redemption waits for its sale; what the
program gets back of them was redeemed, has expired, or was adjusted.

>>> from agent.core.facts import Enrol, RedeemReward
>>> postings_of(Enrol(account="a", token="em4100:0C000621A5"))
()
>>> for posting in postings_of(RedeemReward(redemption_id="r-1", account="a", points=50)):
...     print(posting.owner, posting.bucket, posting.points)
a held -50
program redeemed 50
"""

from typing import Literal, NamedTuple, assert_never

from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    ClockJump,
    CreateReward,
    DeleteReward,
    Enrol,
    EraseMember,
    ExpirePoints,
    Fact,
    FlagActivity,
    HoldVoucher,
    IssueVoucher,
    LeaseGrant,
    LeaseReturn,
    MergeAccounts,
    OpenEpoch,
    RateVisit,
    RedeemReward,
    ReleaseVoucher,
    ReturnPromotionPoints,
    ReturnSale,
    SettleConflict,
    UseVoucher,
    VoidSale,
    WithdrawVoucher,
)

__all__ = ["PROGRAM", "Bucket", "Posting", "lease_of", "postings_of"]

PROGRAM = "program"
"""The owner that issues points; every other owner is an account."""

Bucket = Literal["pending", "active", "held", "issued", "redeemed", "expired", "adjusted"]


class Posting(NamedTuple):
    """A signed movement of points into one bucket of one owner."""

    owner: str
    bucket: Bucket
    points: int


def postings_of(fact: Fact) -> tuple[Posting, ...]:
    """Map a fact to its postings, which sum to zero. The only place that knows this mapping."""
    match fact:
        case AccumulatePoints() | AccumulatePromotionPoints() | ClaimSale():
            moves = _earn(fact)
        case ActivatePoints():
            moves = _move(fact.account, "pending", "active", fact.points)
        case CreateReward():
            moves = _move(fact.account, "active", "held", fact.points)
        case DeleteReward():
            moves = _move(fact.account, "held", "active", fact.points)
        case RedeemReward():
            moves = _leave(fact.account, "held", "redeemed", fact.points)
        case IssueVoucher():
            moves = _leave(fact.account, "active", "redeemed", fact.points)
        case ExpirePoints():
            moves = _leave(fact.account, "active", "expired", fact.points)
        case AdjustPoints():
            moves = _leave(fact.account, "active", "adjusted", -fact.points)
        case ReturnSale() | VoidSale():
            moves = _unsell(fact)
        case ReturnPromotionPoints():
            moves = _take_back(fact)
        case (
            (Enrol() | AddCard() | CardState() | RateVisit() | FlagActivity())
            | (HoldVoucher() | UseVoucher() | ReleaseVoucher() | WithdrawVoucher())
            | (LeaseGrant() | LeaseReturn() | OpenEpoch() | ClockJump())
            # Merged sums are one member's before and after, so no points change hands.
            | (MergeAccounts() | SettleConflict() | EraseMember())
        ):
            moves = ()
        case _:
            assert_never(fact)
    return moves


def lease_of(fact: Fact) -> int:
    """Answer the signed change a fact makes to the device's rights under its account."""
    return -fact.points if isinstance(fact, LeaseReturn) else int(getattr(fact, "lease", 0))


def _earn(
    fact: AccumulatePoints | AccumulatePromotionPoints | ClaimSale,
) -> tuple[Posting, ...]:
    """Issue points to a member, pending where they have to wait."""
    if fact.account is None or fact.points == 0:
        return ()
    bucket: Bucket = "active" if fact.pending_until is None else "pending"
    return (Posting(fact.account, bucket, fact.points), Posting(PROGRAM, "issued", -fact.points))


def _move(account: str, source: Bucket, target: Bucket, points: int) -> tuple[Posting, ...]:
    """Move points from one of a member's buckets to another."""
    return (Posting(account, source, -points), Posting(account, target, points))


def _leave(account: str, source: Bucket, target: Bucket, points: int) -> tuple[Posting, ...]:
    """Move points from a member to the program; a negative number moves them the other way."""
    if points == 0:
        return ()
    return (Posting(account, source, -points), Posting(PROGRAM, target, points))


def _take_back(fact: ReturnPromotionPoints) -> tuple[Posting, ...]:
    """Take back what a promotion gave."""
    moves = (
        Posting(fact.account, "active", -fact.from_active),
        Posting(fact.account, "pending", -fact.from_pending),
        Posting(PROGRAM, "issued", fact.from_active + fact.from_pending),
    )
    return tuple(posting for posting in moves if posting.points)


def _unsell(fact: ReturnSale | VoidSale) -> tuple[Posting, ...]:
    """Take back what a sale earned and give back what it redeemed."""
    if fact.account is None:
        return ()
    taken = fact.from_active + fact.from_pending
    moves = (
        Posting(fact.account, "active", fact.given_back - fact.from_active),
        Posting(fact.account, "pending", -fact.from_pending),
        Posting(PROGRAM, "issued", taken),
        Posting(PROGRAM, "redeemed", -fact.given_back),
    )
    return tuple(posting for posting in moves if posting.points)

"""Mentions: entries of any device that speak of one thing, and what that thing is.

A thing is a sale, a redemption, a voucher or an adjustment: whatever several devices may write of
under one id. Most entries speak of one thing or of none. An activation is the exception: it speaks
of whatever its lots came from, and a lot says only which entry of its own ledger made it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AdjustPoints,
    ClaimSale,
    CreateReward,
    DeleteReward,
    HoldVoucher,
    IssueVoucher,
    RedeemReward,
    ReleaseVoucher,
    ReturnPromotionPoints,
    ReturnSale,
    UseVoucher,
    VoidSale,
    WithdrawVoucher,
)
from agent.core.postings import Posting, postings_of

__all__ = ["Mention", "Place", "ThingAt", "postings_alone", "thing_of", "things_of"]

Place = tuple[str, str, int, int]
"""Store, device, epoch and seq: by which a lot names the entry that made it."""

_SaleFact = (
    AccumulatePoints
    | AccumulatePromotionPoints
    | ClaimSale
    | ReturnSale
    | ReturnPromotionPoints
    | VoidSale
)
_VoucherFact = IssueVoucher | HoldVoucher | UseVoucher | ReleaseVoucher | WithdrawVoucher

ThingAt = Callable[[int, int], str | None]
"""Answers the thing of the entry at (epoch, seq) of the very ledger that wrote an activation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """An entry and where it stands. ``branch`` tells the lives of a journal that forked apart."""

    store: str
    device: str
    incarnation: str
    epoch: int
    branch: int
    seq: int
    entry: Entry

    @property
    def at(self) -> tuple[str, str]:
        """The device that wrote it."""
        return (self.store, self.device)

    @property
    def place(self) -> Place:
        """How a lot of its own ledger names it."""
        return (self.store, self.device, self.epoch, self.seq)

    @property
    def order(self) -> tuple[str, str, int, str, int, int]:
        """The order in which mentions are looked at: never by time, and the same wherever."""
        return (self.store, self.device, self.epoch, self.incarnation, self.branch, self.seq)

    @property
    def where(self) -> str:
        """Name the device in plain words."""
        return f"{self.store}/{self.device}"


def thing_of(entry: Entry) -> str | None:
    """Name the thing that an entry speaks of by its own words; None for an activation too."""
    fact = entry.fact
    match fact:
        case _ if isinstance(fact, _SaleFact):
            return None if fact.sale_id is None else f"sale:{fact.sale_id}"
        case CreateReward() | RedeemReward() | DeleteReward():
            return f"redemption:{fact.redemption_id}"
        case _ if isinstance(fact, _VoucherFact):
            return f"voucher:{fact.code}"
        case AdjustPoints(adjust_id=str(adjust_id)):
            return f"adjust:{adjust_id}"
    return None


def things_of(entry: Entry, thing_at: ThingAt) -> tuple[str, ...]:
    """Name every thing that an entry speaks of, each once; only an activation names several."""
    if isinstance(entry.fact, ActivatePoints):
        found = (thing_at(lot.epoch, lot.seq) for lot in entry.fact.lots)
        return tuple(dict.fromkeys(thing for thing in found if thing is not None))
    thing = thing_of(entry)
    return () if thing is None else (thing,)


def postings_alone(entry: Entry, thing_at: ThingAt) -> tuple[Posting, ...]:
    """Answer the postings of an entry that belong to no thing: all of most entries without one, of
    an activation those of the lots that no thing made, and nothing of the rest.
    """
    fact = entry.fact
    if isinstance(fact, ActivatePoints):
        lots = tuple(lot for lot in fact.lots if thing_at(lot.epoch, lot.seq) is None)
        fact = replace(fact, points=sum(lot.points for lot in lots), lots=lots)
        return postings_of(fact) if lots else ()
    return postings_of(fact) if thing_of(entry) is None else ()

"""What each day brought a member: the points that came on it and are not taken back, what counts
toward tiers, whether anything was bought or spent, and what of the points still waits.

Points that a sale gave count on its day, and what is taken back of them comes off that day; points
that are given back count on the day they come. What no longer counts toward a tier comes off the
day it came back, as at the tills: what was reached by then stays reached. The points that are spent
come off no day: which are left follows from the balance.
"""

from collections.abc import Sequence
from typing import Literal

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    AdjustPoints,
    ClaimSale,
    RedeemReward,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from sync.hub.judging.mentions import Mention

__all__ = [
    "OF_OTHER_DAYS",
    "Days",
    "What",
    "add_toward",
    "as_written",
    "came_on",
    "given_by",
    "toward_points",
]

What = Literal["earned", "toward_points", "toward_minor", "purchases", "redemptions", "waits"]
Days = dict[tuple[str, str, What], int]
"""By account, day and what: points, points and money toward tiers, purchases, redemptions, and how
many of the points are pending.
"""

OF_OTHER_DAYS = (ActivatePoints, ReturnSale, VoidSale, ReturnPromotionPoints)
"""What these take back or make active came on another day, which they do not name."""


def came_on(entry: Entry) -> str:
    """Answer the day on which the points of a sale, or of its claim, count."""
    sold_on = entry.fact.sold_on if isinstance(entry.fact, ClaimSale) else None
    return entry.day if sold_on is None else sold_on.isoformat()


def given_by(entry: Entry) -> Days:
    """Answer what an entry brings that says nothing of what another brought."""
    fact, days = entry.fact, Days()
    match fact:
        case AccumulatePoints(account=str(account)) | ClaimSale(account=str(account)):
            day = came_on(entry)
            days[account, day, "earned"] = fact.points
            days[account, day, "waits"] = _waiting(fact)
            days[account, day, "purchases"] = 1
            add_toward(days, account, day, fact)
        case AccumulatePromotionPoints():
            days[fact.account, entry.day, "earned"] = fact.points
            days[fact.account, entry.day, "waits"] = _waiting(fact)
        case AdjustPoints():
            days[fact.account, entry.day, "earned"] = max(0, fact.points)
        case RedeemReward():
            days[fact.account, entry.day, "redemptions"] = 1
    return days


def _waiting(fact: AccumulatePoints | AccumulatePromotionPoints | ClaimSale) -> int:
    return 0 if fact.pending_until is None else fact.points


def add_toward(days: Days, account: str, day: str, fact: AccumulatePoints | ClaimSale) -> None:
    """Count toward tiers what a sale brings, where its program counts any."""
    if fact.spend_minor is None:
        return
    _add(days, account, day, "toward_points", toward_points(fact))
    _add(days, account, day, "toward_minor", fact.spend_minor)


def toward_points(fact: AccumulatePoints | ClaimSale) -> int:
    """Answer the points of a sale that lead to a tier: those for having been brought do not."""
    return fact.points - (0 if fact.referral is None else fact.referral.friend_points)


def as_written(mentions: Sequence[Mention]) -> Days:
    """Answer what a thing brings of which one journal alone speaks, as that says it."""
    days = Days()
    ordered = sorted([each.entry for each in mentions], key=lambda each: each.seq)
    for entry in ordered:
        for key, points in given_by(entry).items():
            _add(days, *key, points)
    returned_minor = 0
    for place, entry in enumerate(ordered):
        # What follows it had not come yet: else it would matter in how many batches they came.
        fact, before = entry.fact, ordered[:place]
        if isinstance(fact, ReturnPromotionPoints):
            day = _promoted_on(before, fact) or entry.day
            _add(days, fact.account, day, "earned", -fact.from_active - fact.from_pending)
            _add(days, fact.account, day, "waits", -fact.from_pending)
        elif isinstance(fact, ActivatePoints):
            _activate(days, before, fact)
        elif isinstance(fact, ReturnSale | VoidSale):
            returned_minor = _come_back(days, before, entry, fact, returned_minor)
    return days


def _come_back(
    days: Days, before: Sequence[Entry], entry: Entry, fact: ReturnSale | VoidSale, gone_minor: int
) -> int:
    """Take off what came back of a sale; answers how much of its money has by now."""
    sale, given = _sale_of(before)
    account = fact.account
    total = 0 if sale is None else sale.summary.total_minor
    gone_by_now_minor = gone_minor + fact.amount_minor if isinstance(fact, ReturnSale) else total
    if account is None:
        return gone_by_now_minor
    taken = fact.from_active + fact.from_pending
    came = entry if given is None else given
    _add(days, account, came_on(came), "waits", -fact.from_pending)
    _add(days, account, entry.day, "earned", fact.given_back)
    if given is None or not isinstance(given.fact, AccumulatePoints | ClaimSale):
        _add(days, account, entry.day, "earned", -taken)
        return gone_by_now_minor
    _add(days, account, came_on(given), "earned", -taken)
    if isinstance(fact, VoidSale) or gone_minor < total <= gone_by_now_minor:
        _add(days, account, came_on(given), "purchases", -1)
    spend_minor = given.fact.spend_minor
    if spend_minor is not None:
        is_all = isinstance(fact, VoidSale) or not total
        gone_before = spend_minor * gone_minor // total if total else 0
        gone = spend_minor if is_all else spend_minor * gone_by_now_minor // total
        _add(days, account, entry.day, "toward_points", fact.referral_points - taken)
        _add(days, account, entry.day, "toward_minor", gone_before - gone)
    return gone_by_now_minor


def _activate(days: Days, ordered: Sequence[Entry], fact: ActivatePoints) -> None:
    """Take off what waits no longer, of the days of those of its lots that these entries made."""
    made = {(each.epoch, each.seq): each for each in ordered}
    for lot in fact.lots:
        entry = made.get((lot.epoch, lot.seq))
        if entry is not None:
            _add(days, fact.account, came_on(entry), "waits", -lot.points)


def _sale_of(ordered: Sequence[Entry]) -> tuple[AccumulatePoints | None, Entry | None]:
    """Find the sale as it was committed, and the entry that gave it to a member."""
    sale = given = None
    for entry in ordered:
        if isinstance(entry.fact, AccumulatePoints):
            sale = entry.fact
        if isinstance(entry.fact, AccumulatePoints | ClaimSale) and entry.fact.account is not None:
            given = entry
    return sale, given


def _promoted_on(ordered: Sequence[Entry], fact: ReturnPromotionPoints) -> str | None:
    for entry in ordered:
        gave = entry.fact
        if isinstance(gave, AccumulatePromotionPoints) and (gave.promotion, gave.account) == (
            fact.promotion,
            fact.account,
        ):
            return entry.day
    return None


def _add(days: Days, account: str, day: str, what: What, points: int) -> None:
    days[account, day, what] = days.get((account, day, what), 0) + points

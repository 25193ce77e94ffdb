"""Version skew: a sale judged by another version of the program than was in force on its day.

Head office has every version. What the customer was shown stands; where the version in force gives
more, the difference is added by a decision, once for the sale.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.core.account import Account
from agent.core.accumulate import Circumstances
from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, AdjustPoints
from agent.core.program import Editions
from agent.core.skew import Skew, skew_of
from sync.hub.decisions import BY_OFFICE, decide_all, note, parts_of
from sync.hub.editions import put_programs
from sync.hub.judging import Conflict
from sync.hub.registry import DeviceRow

__all__ = ["settle_skew"]


def settle_skew(
    c: Connection, device: DeviceRow, entries: Sequence[Entry], *, now: datetime
) -> bool:
    """Find sales of members that were judged by another version, and give what is missing; answers
    whether there were any.
    """
    sold = [
        (each, each.fact)
        for each in entries
        if isinstance(each.fact, AccumulatePoints) and each.fact.account is not None
    ]
    if not sold:
        return False
    judged_by = {fact.program for _, fact in sold}
    put = put_programs(c, device.tenant)
    if not put.names or (len(put.names) == 1 and judged_by == put.names):
        return False
    editions, found = put.editions, False
    for _, fact in sold:
        skew = None if editions is None else _skew(editions, device, fact)
        if skew is not None:
            _settle(c, device, fact, skew, now)
            found = True
    return found


def _skew(editions: Editions, device: DeviceRow, fact: AccumulatePoints) -> Skew | None:
    judge = editions.of(fact.program)
    if judge is None and not fact.program.startswith(f"{editions.newest.id}@"):
        return None  # a program that head office does not have at all: a store's own
    summary = fact.summary
    day = datetime.fromisoformat(summary.business_date).date()
    if editions.on(day).edition == fact.program:
        return None
    friend = 0 if fact.referral is None else fact.referral.friend_points
    # Only the store knew whether it was a first purchase, and says so where that counted.
    is_first = judge is not None and any(
        each.id in fact.promotions for each in judge.promotion if each.occasion == "first_purchase"
    )
    member = Account(
        tier=fact.tier, zones=frozenset(fact.zones), last_activity_on=None if is_first else day
    )
    return skew_of(
        editions,
        fact.sale,
        judged_by=fact.program,
        shown=fact.points - friend,
        when=Circumstances(account=member, store=device.store),
        withheld="points_withheld" in fact.flags,
    )


def _settle(
    c: Connection, device: DeviceRow, fact: AccumulatePoints, skew: Skew, now: datetime
) -> None:
    conflict = Conflict(
        kind="program_skew",
        subject=fact.sale_id,
        account=fact.account,
        points=skew.more,
        store=device.store,
        device=device.device,
        text=f"Sale {fact.sale_id} at {device.address} was {skew.why}.",
    )
    if note(c, device.tenant, conflict, now=now) and skew.more and fact.account is not None:
        more = [
            AdjustPoints(
                account=fact.account,
                points=part,
                reason=f"{skew.in_force} was in force: sale {fact.sale_id}"[:200],
                cashier=BY_OFFICE,
            )
            for part in parts_of(skew.more)
        ]
        decide_all(c, device.tenant, more, now=now)

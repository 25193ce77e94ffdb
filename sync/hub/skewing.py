"""Version skew: a sale judged by another version of the program than was in force on its day.

Head office has every version. What the customer was shown stands; where the version in force gives
more, the difference is added by a decision, once for the sale, for as much of it as was bought.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.core.account import Account
from agent.core.accumulate import Circumstances
from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ReturnSale, VoidSale
from agent.core.program import Editions
from agent.core.skew import Skew, skew_of
from sync.hub.decisions import note
from sync.hub.editions import put_programs
from sync.hub.judging import Conflict
from sync.hub.registry import DeviceRow
from sync.hub.skewed_sales import settle_added, shown_by

__all__ = ["settle_skew"]


def settle_skew(
    c: Connection, device: DeviceRow, entries: Sequence[Entry], *, now: datetime
) -> bool:
    """Find sales of members that were judged by another version, and give what is missing; answers
    whether there were any.
    """
    facts = [each.fact for each in entries]
    sold = [each for each in facts if isinstance(each, AccumulatePoints) and each.account]
    judged_by = {each.program for each in sold}
    if not sold and not any(isinstance(each, ReturnSale | VoidSale) for each in facts):
        return False
    put = put_programs(c, device.tenant)
    if not put.names or (len(put.names) == 1 and judged_by <= put.names):
        return False
    editions, found = put.editions, False
    if editions is None:
        return False
    for fact in sold:
        skew = _skew(editions, device.store, fact)
        if skew is not None:
            found |= _note(c, device, fact, skew, now)

    def due_of(fact: AccumulatePoints, store: str) -> int:
        skew = _skew(editions, store, fact)
        return shown_by(fact) if skew is None or skew.due is None else skew.due

    return settle_added(c, device.tenant, entries, due_of, now=now) or found


def _skew(editions: Editions, store: str, fact: AccumulatePoints) -> Skew | None:
    judge = editions.of(fact.program)
    if judge is None and not fact.program.startswith(f"{editions.newest.id}@"):
        return None  # a program that head office does not have at all: a store's own
    summary = fact.summary
    day = datetime.fromisoformat(summary.business_date).date()
    if editions.on(day).edition == fact.program:
        return None
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
        shown=shown_by(fact),
        when=Circumstances(account=member, store=store),
        withheld="points_withheld" in fact.flags,
    )


def _note(
    c: Connection, device: DeviceRow, fact: AccumulatePoints, skew: Skew, now: datetime
) -> bool:
    conflict = Conflict(
        kind="program_skew",
        subject=fact.sale_id,
        account=fact.account,
        points=skew.more,
        store=device.store,
        device=device.device,
        text=f"Sale {fact.sale_id} at {device.address} was {skew.why}.",
    )
    return note(c, device.tenant, conflict, now=now)

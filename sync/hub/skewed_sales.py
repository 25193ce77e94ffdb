"""What is added to a sale that another version judged: by all that was said of the sale together.

The sale may be heard once more, of a store that judged it by the version in force and so gave more:
then less is missing. And what comes back of a sale was not bought: its share of what was added goes
with it. So head office decides on the change, as it posts the change of what the sale is worth.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, AdjustPoints, ReturnSale, VoidSale
from sync.hub.bulk import among
from sync.hub.decisions import BY_OFFICE, decide_all, parts_of
from sync.hub.judging import Mention
from sync.hub.tables import conflicts, decisions
from sync.hub.weighing import mentions_of

__all__ = ["DueOf", "settle_added", "shown_by"]

DueOf = Callable[[AccumulatePoints, str], int]
"""Answers what a sale gives at a store by the version in force, or what was shown for it."""

_Speaks = AccumulatePoints | ReturnSale | VoidSale
_WHY = "by the version in force: sale "


def shown_by(fact: AccumulatePoints) -> int:
    """Answer what the customer was shown for a sale, without what goes to a friend."""
    return fact.points - (0 if fact.referral is None else fact.referral.friend_points)


def settle_added(
    c: Connection, tenant: str, entries: Iterable[Entry], due_of: DueOf, *, now: datetime
) -> bool:
    """See what is to be added to the sales that entries speak of, and decide on what has changed;
    answers whether anything has.
    """
    spoken = {each.fact.sale_id for each in entries if isinstance(each.fact, _Speaks)}
    if not spoken:
        return False
    rows = c.execute(
        select(conflicts.c.subject, conflicts.c.account, conflicts.c.points)
        .where(
            conflicts.c.tenant == tenant,
            conflicts.c.kind == "program_skew",
            conflicts.c.points > 0,
            among(c, conflicts.c.subject, spoken),
        )
        .order_by(conflicts.c.subject)
    ).all()
    if not rows:
        return False  # nearly always
    known = mentions_of(c, tenant, [f"sale:{row.subject}" for row in rows])
    changes: list[AdjustPoints] = []
    for row in rows:
        wanted = _wanted(row.points, known.get(f"sale:{row.subject}", ()), due_of)
        reason = f"{_WHY}{row.subject}"[:200]
        changes += [
            AdjustPoints(account=row.account, points=part, reason=reason, cashier=BY_OFFICE)
            for part in parts_of(wanted - _added(c, tenant, row.account, reason))
        ]
    if changes:
        decide_all(c, tenant, changes, now=now)
    return bool(changes)


def _wanted(missing: int, mentions: Sequence[Mention], due_of: DueOf) -> int:
    """Answer how much of what was ``missing`` is to be added, by all that was said of the sale."""
    sold = [
        (each.store, each.entry.fact)
        for each in mentions
        if isinstance(each.entry.fact, AccumulatePoints) and each.entry.fact.account is not None
    ]
    if len(sold) > 1:
        due = max(due_of(fact, store) for store, fact in sold)
        missing = min(missing, max(0, due - max(shown_by(fact) for _, fact in sold)))
    back_minor: dict[str, int] = {}
    for each in mentions:
        fact = each.entry.fact
        if isinstance(fact, VoidSale):
            return 0
        if isinstance(fact, ReturnSale):
            before = back_minor.get(fact.return_id, 0)
            back_minor[fact.return_id] = max(before, fact.amount_minor)
    total = max((fact.summary.total_minor for _, fact in sold), default=0)
    if not back_minor or not total:
        return missing
    return missing * max(0, total - sum(back_minor.values())) // total


def _added(c: Connection, tenant: str, account: str, reason: str) -> int:
    """Answer how much was added before."""
    its = (decisions.c.tenant == tenant) & (decisions.c.account == account)
    facts = [
        Entry.read(bytes(canonical)).fact
        for canonical in c.execute(select(decisions.c.canonical).where(its)).scalars()
    ]
    return sum(
        fact.points for fact in facts if isinstance(fact, AdjustPoints) and fact.reason == reason
    )

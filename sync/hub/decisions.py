"""Head office's own journal: what it decides is an entry too, chained like any other.

A decision moves points where its fact does, and goes down the feed to every store, so that whoever
asks there is told the same. A conflict that was settled is a decision and a row for a clerk, once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from agent.core.entry import GENESIS, Entry, link_hash
from agent.core.facts import LARGEST, Fact, SettleConflict
from agent.core.instant import rfc3339
from agent.core.postings import postings_of
from sync.hub.bulk import add_up_all
from sync.hub.database import upsert
from sync.hub.judging import Conflict, Days, given_by
from sync.hub.marking import marked
from sync.hub.member_days import add_days
from sync.hub.posting import post
from sync.hub.summing import Points
from sync.hub.tables import conflicts, decisions, tenants

__all__ = [
    "BY_OFFICE",
    "KINDS",
    "ONCE_LOOKED_AT",
    "decide",
    "decide_all",
    "note",
    "note_again",
    "parts_of",
    "settle_by_hand",
]

BY_OFFICE = "head-office"
"""Who changes a balance where head office itself does."""

KINDS = frozenset(
    {
        "overspend",
        "duplicate_sale",
        "sale_id_reused",
        "redemption_twice",
        "voucher_twice",
        "adjusted_twice",
        "card_blocked_used",
        "returned_twice",
        "merged_account_used",
        "program_skew",
        "enrolled_twice",
        "erased_member",
        "disk_lost",
        "disk_restored",
        "disk_keeps_failing",
        "disk_cloned",
        "head_office_restored",
        "wrong_clock",
        "wrong_name",
        "expired_then_redeemed",
        "rights_written_off",
        "unreadable",
        "bad_signature",
        "malformed_message",
        "too_large",
        "unknown_schema",
        "not_handled",
    }
)
"""Every kind of conflict. What it says stands in the text of each; ARCHITECTURE.md lists them."""

ONCE_LOOKED_AT = frozenset(
    {
        "bad_signature",
        "malformed_message",
        "too_large",
        "unknown_schema",
        "not_handled",
        "disk_keeps_failing",
        "wrong_clock",
        "wrong_name",
    }
)
"""The kinds that are open until a person says that they have looked; what ends the others is seen
from here.
"""

_LONGEST = 1_000


def decide(
    c: Connection, tenant: str, fact: Fact, *, now: datetime, account: str | None = None
) -> int:
    """Append a fact to head office's own journal, post it and tell the stores; answers its number.

    ``account`` is whom it is about, where the fact itself does not name one.
    """
    return decide_all(c, tenant, (fact,), now=now, account=account)


def decide_all(
    c: Connection, tenant: str, facts: Sequence[Fact], *, now: datetime, account: str | None = None
) -> int:
    """Append facts in one go, one at least, as ``decide`` does one; answers the newest number."""
    c.execute(upsert(c, tenants).values(tenant=tenant).on_conflict_do_nothing())
    last = c.execute(
        select(tenants.c.decision_seq, tenants.c.decision_hash)
        .where(tenants.c.tenant == tenant)
        .with_for_update()
    ).one()
    at = rfc3339(now)
    link = GENESIS if last.decision_hash is None else bytes(last.decision_hash)
    rows = []
    moves: Points = defaultdict(int)
    brought: Days = defaultdict(int)
    for seq, fact in enumerate(facts, start=int(last.decision_seq) + 1):
        entry = Entry(id=f"decision-{seq}", epoch=0, seq=seq, recorded_at=at, fact=fact)
        canonical = entry.checked()
        link = link_hash(link, canonical)
        about = account or getattr(fact, "account", None)
        row = {"seq": seq, "canonical": canonical, "hash": link, "account": about}
        rows.append(row | {"tenant": tenant, "decided_at": at})
        for owner, bucket, points in postings_of(fact):
            moves[owner, bucket] += points
        for key, number in given_by(entry).items():
            brought[key] += number
    c.execute(insert(decisions), rows)
    changed = update(tenants).where(tenants.c.tenant == tenant)
    newest = int(last.decision_seq) + len(rows)
    c.execute(changed.values(decision_seq=newest, decision_hash=link))
    written = post(c, tenant, moves) if moves else set()
    add_days(c, tenant, brought)
    theirs = {str(row["seq"]) for row in rows if row["account"] is not None}
    for_all = {str(row["seq"]) for row in rows} - theirs
    changed_now = {"decision": theirs, "decision_for_all": for_all, "account": written}
    add_up_all(c, [marked(tenant, kind, keys) for kind, keys in changed_now.items() if keys])
    return newest


def parts_of(points: int) -> list[int]:
    """Cut points up where they are more than one entry can say.

    >>> parts_of(-3), parts_of(10**12 + 5)
    ([-3], [1000000000000, 5])
    """
    sign = 1 if points > 0 else -1
    whole, rest = divmod(abs(points), LARGEST)
    return [sign * part for part in (*[LARGEST] * whole, rest) if part]


def note(
    c: Connection,
    tenant: str,
    conflict: Conflict,
    *,
    now: datetime,
    decision_seq: int | None = None,
) -> bool:
    """Write a conflict's row and tell the stores how it was settled; answers whether it is news.

    Found again under the same kind and subject, it stays as it was told first. ``decision_seq`` is
    the decision that settled it, where one stands already; else what is told is the decision.
    """
    told = replace(conflict, text=conflict.text[:_LONGEST], subject=conflict.subject[:_LONGEST])
    row = {
        "tenant": tenant,
        "kind": told.kind,
        "subject": told.subject,
        "store": told.store,
        "device": told.device,
        "account": told.account,
        "points": told.points,
        "text": told.text,
        "found_at": rfc3339(now),
        "state": "open" if told.is_open else "resolved",
    }
    new = upsert(c, conflicts).values(**row).on_conflict_do_nothing().returning(conflicts.c.id)
    made = c.execute(new).scalar()
    if made is None:
        return False
    seq = decision_seq or decide(c, tenant, _settled(told), now=now)
    c.execute(update(conflicts).where(conflicts.c.id == made).values(decision_seq=seq))
    return True


def note_again(c: Connection, tenant: str, conflict: Conflict, *, now: datetime) -> bool:
    """Note what may come again: where its row was open and is closed, as somebody has looked or
    what was owed is paid, what is new gets a row of its own, whose subject names the one before.
    """
    told, its = conflict, (conflicts.c.tenant == tenant) & (conflicts.c.kind == conflict.kind)
    while not note(c, tenant, told, now=now):
        same = its & (conflicts.c.subject == told.subject[:_LONGEST])
        # Locked: whoever is closing it just now has not seen this.
        row = c.execute(select(conflicts).where(same).with_for_update()).one()
        if row.state == "open" or not conflict.is_open:
            return False
        told = replace(conflict, subject=f"{conflict.subject}, after no. {row.id}")
    return True


def settle_by_hand(
    c: Connection, tenant: str, conflict_id: int, *, by: str, reason: str, now: datetime
) -> None:
    """Close a conflict of ``ONCE_LOOKED_AT`` by a person's word; one that is closed stays as it is.

    The row is there. Whoever asks twice at once is answered one after the other.
    """
    its = (conflicts.c.tenant == tenant) & (conflicts.c.id == conflict_id)
    row = c.execute(select(conflicts).where(its).with_for_update()).one()
    if row.state != "open":
        return
    looked = SettleConflict(
        conflict=row.kind,
        subject=row.subject,
        text=f"{by} has looked: {reason}"[:_LONGEST],
        account=row.account,
    )
    seq = decide(c, tenant, looked, now=now)
    c.execute(update(conflicts).where(its).values(state="resolved", decision_seq=seq))


def _settled(conflict: Conflict) -> SettleConflict:
    return SettleConflict(
        conflict=conflict.kind,
        subject=conflict.subject,
        text=conflict.text,
        account=conflict.account,
        points=max(-LARGEST, min(conflict.points, LARGEST)),
    )

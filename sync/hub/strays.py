"""Entries about members who are no longer as the store that wrote them believed.

The store was cut off when an account was merged, a member erased, or a card blocked. What happened
at its till stands; where the points belong, and who should know, is settled here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AdjustPoints,
    ClaimSale,
    CreateReward,
    IssueVoucher,
)
from sync.hub.bulk import among
from sync.hub.decisions import note
from sync.hub.judging import Conflict
from sync.hub.members import Member
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts, cards

__all__ = ["settle_blocked", "settle_strays"]

_BEGINS = (AccumulatePoints, ClaimSale, CreateReward, IssueVoucher, AdjustPoints)
"""What begins something new for a member; what goes on with something old may name them still."""


def settle_strays(
    c: Connection,
    device: DeviceRow,
    entries: Sequence[Entry],
    known: dict[str, Member],
    *,
    now: datetime,
) -> None:
    """Settle what was written for merged and erased members."""
    for entry in entries:
        member = known.get(getattr(entry.fact, "account", None) or "")
        if member is None:
            continue
        if member.root != member.account and isinstance(entry.fact, _BEGINS):
            note(c, device.tenant, _merged(device, member), now=now)
        if member.state == "erased" and isinstance(entry.fact, _BEGINS):
            note(c, device.tenant, _erased(device, member), now=now)


def settle_blocked(
    c: Connection,
    device: DeviceRow,
    entries: Iterable[Entry],
    known: dict[str, Member],
    *,
    now: datetime,
) -> None:
    """Report redemptions of members none of whose cards was good any more. Before this batch's own
    words about cards are taken in: those came after.
    """
    held = [
        (known[each.fact.account].root, each, each.fact)
        for each in entries
        if isinstance(each.fact, CreateReward) and each.fact.account in known
    ]
    if not held:
        return
    since = _blocked_since(c, device.tenant, {root for root, _, _ in held})
    for root, entry, fact in held:
        believed = entry.clock is not None and entry.clock.synchronised
        if root in since and not (believed and entry.recorded_at < since[root]):
            note(c, device.tenant, _blocked(device, fact), now=now)


def _blocked_since(c: Connection, tenant: str, roots: set[str]) -> dict[str, str]:
    """Answer members who have cards and none that is good, and since when."""
    of_roots = or_(among(c, accounts.c.root, roots), among(c, accounts.c.account, roots))
    family = {
        row.account: row.root or row.account
        for row in c.execute(
            select(accounts.c.account, accounts.c.root).where(accounts.c.tenant == tenant, of_roots)
        )
    }
    since: dict[str, str] = {}
    good: set[str] = set()
    found = select(cards.c.account, cards.c.state, cards.c.changed_at).where(
        cards.c.tenant == tenant, among(c, cards.c.account, family)
    )
    for row in c.execute(found):
        root = family[row.account]
        since[root] = max(since.get(root, ""), row.changed_at or "")
        if row.state == "active":
            good.add(root)
    return {root: at for root, at in since.items() if root not in good}


def _merged(device: DeviceRow, member: Member) -> Conflict:
    return Conflict(
        kind="merged_account_used",
        subject=f"{member.account} {device.address}",
        account=member.root,
        points=0,
        store=device.store,
        device=device.device,
        text=f"{device.address} wrote under an account of a member after it was merged into their "
        "other one, of which it had not heard. It counts for the one that stays.",
    )


def _erased(device: DeviceRow, member: Member) -> Conflict:
    return Conflict(
        kind="erased_member",
        subject=f"{member.account} {device.address}",
        account=member.account,
        store=device.store,
        device=device.device,
        text=f"{device.address} wrote for a member who was erased, of which it had not heard. The "
        "entries stand; the points go back to the program.",
    )


def _blocked(device: DeviceRow, fact: CreateReward) -> Conflict:
    return Conflict(
        kind="card_blocked_used",
        subject=fact.redemption_id,
        account=fact.account,
        points=fact.points,
        store=device.store,
        device=device.device,
        text=f"{fact.points} points were redeemed at {device.address} when every "
        "card of the member was blocked, lost or replaced, of which that store had not heard. "
        "The points stay spent; the store knows now.",
    )

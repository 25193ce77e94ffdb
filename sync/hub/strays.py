"""Entries about members who are no longer as the store that wrote them believed.

The store was cut off when an account was merged, a member erased, or a card blocked. What happened
at its till stands; where the points belong, and who should know, is settled here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

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

_SPENDS = (CreateReward, IssueVoucher)

_NO_GOOD_CARD = "when every card of the member was blocked, lost or replaced"
_WITH_A_CARD = {
    "blocked": "with a card that was blocked",
    "lost": "with a card that was reported lost",
    "replaced": "with a card that another had replaced",
}


class _Ended(NamedTuple):
    at: str
    words: str


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
    """Report what was spent by a card that was good no more, and redemptions that name none by a
    member none of whose cards was. Before this batch's own words about cards are taken in: those
    came after.
    """
    spent = [
        (entry, entry.fact)
        for entry in entries
        if isinstance(entry.fact, _SPENDS) and entry.fact.account in known and entry.fact.points
    ]
    ended = _ended(c, device.tenant, {fact.token for _, fact in spent if fact.token is not None})
    for entry, fact in spent:
        if fact.token in ended and not _was_before(entry, ended[fact.token].at):
            how = ended[fact.token].words
            note(c, device.tenant, _blocked(device, entry, fact, how), now=now)
    unnamed = [
        (known[fact.account].root, entry, fact)
        for entry, fact in spent
        if isinstance(fact, CreateReward) and fact.token is None
    ]
    since = _blocked_since(c, device.tenant, {root for root, _, _ in unnamed}) if unnamed else {}
    for root, entry, fact in unnamed:
        if root in since and not _was_before(entry, since[root]):
            note(c, device.tenant, _blocked(device, entry, fact, _NO_GOOD_CARD), now=now)


def _was_before(entry: Entry, at: str) -> bool:
    """Say whether an entry was written before then, as far as its clock can be believed."""
    believed = entry.clock is not None and entry.clock.synchronised
    return believed and entry.recorded_at < at


def _ended(c: Connection, tenant: str, tokens: set[str]) -> dict[str | None, _Ended]:
    """Answer which of these cards are good no more, since when and why."""
    if not tokens:
        return {}
    found = select(cards.c.token, cards.c.state, cards.c.changed_at).where(
        cards.c.tenant == tenant, among(c, cards.c.token, tokens), cards.c.state != "active"
    )
    return {
        row.token: _Ended(at=row.changed_at or "", words=_WITH_A_CARD[row.state])
        for row in c.execute(found)
    }


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


def _blocked(
    device: DeviceRow, entry: Entry, fact: CreateReward | IssueVoucher, how: str
) -> Conflict:
    if isinstance(fact, IssueVoucher):
        # Its id is one device's own; its code is told to nobody.
        became, subject = "made a voucher", f"{fact.voucher_id or entry.id} {device.address}"
    else:
        became, subject = "redeemed", fact.redemption_id
    return Conflict(
        kind="card_blocked_used",
        subject=subject,
        account=fact.account,
        points=fact.points,
        store=device.store,
        device=device.device,
        text=f"{fact.points} points were {became} at {device.address} {how}, of which that store "
        "had not heard. The points stay spent; the store knows now.",
    )

"""Cards and enrolments as stores tell them; one card that two stores enrolled is one member's.

Stores enrol while they are cut off from each other, and a customer shows the same new card in two
of them. Whoever holds the card is one person: the accounts are merged, the later into the earlier.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, AddCard, CardState, ClaimSale, Enrol
from agent.core.tiers import Standing
from sync.hub.bulk import Part, add_up_all
from sync.hub.card_book import hand_over, hear_state, know_cards, whose
from sync.hub.decisions import note
from sync.hub.judging import Conflict
from sync.hub.members import Member, NotMergeable, Stands, members, merge_accounts
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts

__all__ = ["hear_members"]


def hear_members(
    c: Connection,
    device: DeviceRow,
    entries: Sequence[Entry],
    known: Mapping[str, Member],
    *,
    now: datetime,
) -> bool:
    """Take in enrolments, cards, how cards stand, and tiers; answers whether that merged anybody.

    ``known`` are the members that entries speak of, whose rows are locked.
    """
    tenant = device.tenant
    shown: list[tuple[str, str]] = []
    said: dict[str, list[Standing]] = {}
    days: dict[str, str] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, Enrol):
            day = entry.day
            days[fact.account] = min(day, days.get(fact.account, day))
        if isinstance(fact, Enrol | AddCard | CardState):
            # How it stands may be heard before whose it is: an older epoch may come later.
            shown.append((fact.token, fact.account))
        if isinstance(fact, CardState) and fact.replaced_by is not None:
            shown.append((fact.replaced_by, fact.account))
        elif (
            isinstance(fact, AccumulatePoints | ClaimSale)
            and fact.standing is not None
            and fact.account is not None
        ):
            said.setdefault(fact.account, []).append(fact.standing)
    if days:
        add_up_all(c, [_enrolled_on(tenant, days, known)])
    for account, standings in said.items():
        _stands_in(c, tenant, known[account], standings)
    merged = _merge_owners(c, device, shown, now=now)
    for entry in entries:
        if isinstance(entry.fact, CardState):
            hear_state(c, tenant, entry.fact, at=entry.recorded_at)
    return merged


def _merge_owners(
    c: Connection, device: DeviceRow, shown: Sequence[tuple[str, str]], *, now: datetime
) -> bool:
    """Write cards down, and settle whose those are for which somebody else had made an account;
    answers whether accounts were merged.
    """
    merged = False
    if not shown:
        return merged
    owners = know_cards(c, device.tenant, shown)
    for token, account in shown:
        owner = owners[token]
        if owner == account:
            continue
        known = members(c, device.tenant, (owner, account))
        of_owner, of_account = (known[name].root for name in (owner, account))
        if of_owner != of_account:
            both = members(c, device.tenant, (of_owner, of_account))
            merged |= _settle(c, device, token, both[of_owner], both[of_account], now=now)
            owners |= whose(c, device.tenant, (token,))
    return merged


def _settle(
    c: Connection, device: DeviceRow, token: str, owner: Member, other: Member, *, now: datetime
) -> bool:
    """Settle whose a card is that a second member has now; answers whether they were merged."""
    try:
        _merge(c, device, owner, other, now=now)
    except NotMergeable as refused:
        if other.account not in refused.erased:
            hand_over(c, device.tenant, token, other.account)
            _note_handed_over(c, device, other, now=now)
        return False
    return True


def _note_handed_over(c: Connection, device: DeviceRow, new: Member, *, now: datetime) -> None:
    conflict = Conflict(
        kind="enrolled_twice",
        subject=f"{new.account}, by a card of a member who was erased",
        account=new.account,
        points=0,
        store=device.store,
        device=device.device,
        text=f"{device.address} gave a member a card that had been another's, who was erased. They "
        "are not merged: the card is the new member's, with no more than they collect.",
    )
    note(c, device.tenant, conflict, now=now)


def _merge(
    c: Connection, device: DeviceRow, owner: Member, other: Member, *, now: datetime
) -> None:
    """Merge two accounts into the one that was enrolled first. Raises NotMergeable."""
    tenant = device.tenant
    first, late = sorted(
        (owner, other), key=lambda each: (each.enrolled_on or "9999", each.account)
    )
    reason = "the same card was enrolled in two stores"
    seq = merge_accounts(c, tenant, late.account, first.account, now=now, reason=reason)
    conflict = Conflict(
        kind="enrolled_twice",
        subject=late.account,
        account=first.account,
        points=0,
        store=device.store,
        device=device.device,
        text=f"One card was enrolled twice, in stores that had not heard of each other, as "
        f"{device.address} tells. Both accounts are one member now, with the points of both.",
    )
    note(c, tenant, conflict, now=now, decision_seq=seq)


def _enrolled_on(tenant: str, days: Mapping[str, str], known: Mapping[str, Member]) -> Part:
    """Answer what keeps the first day on which each of these accounts was enrolled."""
    return Part(
        table=accounts,
        columns=("account", "enrolled_on"),
        rows=[
            (account, day)
            for account, day in days.items()
            if (known[account].enrolled_on or "9999-12-31") > day
        ],
        fixed={"tenant": tenant},
        smallest=("enrolled_on",),
    )


def _stands_in(c: Connection, tenant: str, member: Member, standings: Iterable[Standing]) -> None:
    """Keep the newest standing that any store has said, whichever comes last."""
    said = max((Stands.said(each) for each in standings), key=lambda each: each.order)
    if member.root == member.account and said == member.stands:
        return  # nearly always
    its = (accounts.c.tenant == tenant) & (accounts.c.account == member.root)
    before = Stands.of(c.execute(select(accounts).where(its).with_for_update()).one())
    if said.order >= before.order:
        c.execute(update(accounts).where(its).values(**said._asdict()))

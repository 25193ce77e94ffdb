"""Debts: a member spent more than there was, in stores that could not ask each other.

What happened at a till stands. Where that leaves less than nothing available to head office, the
member owes the rest: no store gives points beyond its rights until the next points have paid it.
What had run out by head office's word, while the store that redeemed it could not have heard, is
given back first.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Update, and_, or_, select, update

from agent.core.calendar import days_after
from agent.core.entry import Entry
from agent.core.facts import (
    AdjustPoints,
    CreateReward,
    ExpirePoints,
    ReturnSale,
    SettleConflict,
    VoidSale,
)
from sync.hub.bulk import among
from sync.hub.decisions import BY_OFFICE, decide, decide_all, note, note_again, parts_of
from sync.hub.judging import Conflict
from sync.hub.marking import mark
from sync.hub.members import Member, family_of, forfeit, members
from sync.hub.registry import DeviceRow
from sync.hub.tables import ROOT, accounts, conflicts, decisions

__all__ = ["may_owe", "settle_debts"]

_GRACE_DAYS = 14
"""So long after points ran out a redemption that could not know of it still has them."""


def may_owe(known: Mapping[str, Member]) -> bool:
    """Say whether :func:`settle_debts` could find anything to do about these members."""
    roots = {each.root for each in known.values()}
    return any(
        root not in known
        or max(0, -known[root].available) != known[root].owed
        or known[root].state == "erased"
        for root in roots
    )


def settle_debts(
    c: Connection,
    tenant: str,
    names: Iterable[str],
    *,
    now: datetime,
    device: DeviceRow | None = None,
    entries: Sequence[Entry] = (),
) -> None:
    """See which members owe points and which have paid, of those whose points have moved.

    ``entries`` of ``device`` are what moved them, where some did.
    """
    wanted = set(names)
    stirred = _stirred(c, tenant, wanted)
    if not stirred:
        return  # nearly always
    known = members(c, tenant, wanted)
    roots = members(c, tenant, stirred)
    # What stores had rights to comes home bit by bit, and goes back to the program.
    erased = sorted(root for root, member in roots.items() if member.state == "erased")
    roots |= members(c, tenant, [root for root in erased if forfeit(c, tenant, root, now=now)])
    for root in sorted(roots):
        member = roots[root]
        owes = max(0, -member.available)
        if owes > member.owed:
            family = {each.account for each in known.values() if each.root == root}
            its = [each for each in entries if getattr(each.fact, "account", None) in family]
            owes -= _give_back(c, tenant, member, _cause(its), device, now)
            for cause, points in _shares(its or _nobodys(entries), owes - member.owed):
                _owe(c, tenant, member, points, cause, device, now)
        if owes != member.owed:
            c.execute(_of(tenant, root).values(owed=owes))
        if not owes and member.owed:
            _paid(c, tenant, member, now)
        elif bool(owes) != bool(member.owed):
            mark(c, tenant, "account", [root])


def _stirred(c: Connection, tenant: str, names: set[str]) -> list[str]:
    """List whom of these members, by their roots, anything is to be done about."""
    if not names:
        return []
    of_these = select(ROOT).where(accounts.c.tenant == tenant, among(c, accounts.c.account, names))
    owes = and_(accounts.c.available < 0, accounts.c.owed != -accounts.c.available)
    paid = and_(accounts.c.available >= 0, accounts.c.owed != 0)
    found = select(accounts.c.account).where(
        accounts.c.tenant == tenant,
        accounts.c.account.in_(of_these),
        or_(owes, paid, accounts.c.state == "erased"),
    )
    return list(c.execute(found).scalars())


def _cause(of_member: Sequence[Entry]) -> Entry | None:
    """Find the entry that most likely took the points: a redemption beyond rights, else another
    one, else the last that speaks of the member.
    """
    spent = [each for each in of_member if isinstance(each.fact, CreateReward)]
    beyond = [each for each in spent if _floor_of(each)]
    found = beyond or spent or of_member
    return found[-1] if found else None


def _nobodys(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Answer the last return that names no member, as that of another store's sale, or the last
    entry at all: where none names whoever owes, it stands for the batch that did it.
    """
    back = [
        each
        for each in entries
        if isinstance(each.fact, ReturnSale | VoidSale) and each.fact.account is None
    ]
    return (back or entries)[-1:]


def _shares(of_member: Sequence[Entry], points: int) -> list[tuple[Entry | None, int]]:
    """Say which entries made a debt deeper and by how much, oldest first.

    The newest redemptions beyond rights did, each by as much as it was beyond them; what that does
    not explain is another entry's.
    """
    shares: list[tuple[Entry | None, int]] = []
    others: list[Entry] = []
    for each in reversed(of_member):
        share = max(0, min(points, _floor_of(each)))
        if share:
            shares.append((each, share))
            points -= share
        else:
            others.append(each)
    if points > 0 and shares and not others:
        cause, share = shares.pop()
        shares.append((cause, share + points))
    elif points > 0:
        shares.append((_cause(others[::-1]), points))
    return shares[::-1]


def _floor_of(entry: Entry) -> int:
    return entry.fact.floor if isinstance(entry.fact, CreateReward) else 0


def _give_back(
    c: Connection,
    tenant: str,
    member: Member,
    cause: Entry | None,
    device: DeviceRow | None,
    now: datetime,
) -> int:
    """Give back points that had run out when they were redeemed; answers how many."""
    points = min(member.expired, -member.available)
    if points <= 0 or cause is None or device is None or not isinstance(cause.fact, CreateReward):
        return 0
    due_on = _ran_out_on(c, tenant, member.account)
    day = date.fromisoformat(cause.day)
    if due_on is None or day > days_after(due_on, _GRACE_DAYS):
        return 0
    back = [
        AdjustPoints(
            account=member.account,
            points=part,
            reason="redeemed before the store had heard that they ran out",
            cashier=BY_OFFICE,
        )
        for part in parts_of(points)
    ]
    seq = decide_all(c, tenant, back, now=now)
    c.execute(_of(tenant, member.account).values(expired=accounts.c.expired - points))
    conflict = Conflict(
        kind="expired_then_redeemed",
        subject=cause.fact.redemption_id,
        account=member.account,
        points=points,
        store=device.store,
        device=device.device,
        text=f"{points} points of the member had run out on {due_on} when {device.address} "
        "redeemed them without having heard of it. They are given back: the redemption stands.",
    )
    note(c, tenant, conflict, now=now, decision_seq=seq)
    return points


def _ran_out_on(c: Connection, tenant: str, account: str) -> date | None:
    """Answer the day on which points of an account ran out last."""
    newest = c.execute(
        select(decisions.c.canonical)
        .where(decisions.c.tenant == tenant, decisions.c.account == account)
        .order_by(decisions.c.seq.desc())
        .limit(100)
    ).scalars()
    for canonical in newest:
        fact = Entry.read(bytes(canonical)).fact
        if isinstance(fact, ExpirePoints):
            return fact.due_on
    return None


def _owe(
    c: Connection,
    tenant: str,
    member: Member,
    points: int,
    cause: Entry | None,
    device: DeviceRow | None,
    now: datetime,
) -> None:
    """Write one row of a debt: by so many points an entry made it deeper. What head office itself
    did has no entry's name: its row is written anew where the one before is paid.
    """
    where = "head office" if device is None else str(device.address)
    place = "" if cause is None else f" {cause.epoch}:{cause.seq}"
    named = member.account if cause is None else cause.id
    conflict = Conflict(
        kind="overspend",
        subject=f"{member.account} {where}{place} {named}",
        account=member.account,
        points=points,
        store=None if device is None else device.store,
        device=None if device is None else device.device,
        text=_words(member, points, f"entry{place} of {where}"),
        is_open=True,
    )
    note_again(c, tenant, conflict, now=now)


def _words(member: Member, points: int, entry: str) -> str:
    """Tell what was spent twice from what may still be: rights that stores have not given back."""
    if member.active < 0:
        return (
            f"The member spent {points} points more than there were, by {entry}. They are owed: "
            "the next points pay, and until then no store redeems beyond its rights. Nothing is "
            "to be done; whoever wants to forgive it gives the points by hand."
        )
    return (
        f"By {entry} a store gave {points} points more than are free: others have rights to them, "
        "which are called back. What was spent there meanwhile the member owes, and the next "
        "points pay; until then no store redeems beyond its rights. Where such a store is gone "
        "for good, retire its device: that writes its rights off."
    )


def _paid(c: Connection, tenant: str, member: Member, now: datetime) -> None:
    """Say that a debt is paid, and settle every row of it, also of accounts merged meanwhile."""
    fact = SettleConflict(
        conflict="overspend",
        subject=member.account,
        account=member.account,
        text="The member was forgotten, and what was owed with them."
        if member.state == "erased"
        else "The member has paid what was owed.",
    )
    seq = decide(c, tenant, fact, now=now)
    family = family_of(c, tenant, member.account)
    c.execute(
        update(conflicts)
        .where(
            conflicts.c.tenant == tenant,
            conflicts.c.kind == "overspend",
            among(c, conflicts.c.account, family),
            conflicts.c.state == "open",
        )
        .values(state="resolved", decision_seq=seq)
    )
    mark(c, tenant, "account", [member.account])


def _of(tenant: str, account: str) -> Update:
    return update(accounts).where(accounts.c.tenant == tenant, accounts.c.account == account)

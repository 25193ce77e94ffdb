"""Debts: a member spent more than there was, in stores that could not ask each other.

What happened at a till stands. Where that leaves less than nothing available to head office, the
member owes the rest: no store gives points beyond its rights until the next points have paid it.
What had run out by head office's word, while the store that redeemed it could not have heard, is
given back first.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Update, and_, func, or_, select, update

from agent.core.entry import Entry
from agent.core.facts import AdjustPoints, CreateReward, ExpirePoints, SettleConflict
from sync.hub.bulk import among
from sync.hub.decisions import BY_OFFICE, decide, note
from sync.hub.judging import Conflict
from sync.hub.marking import mark
from sync.hub.members import Member, forfeit, members
from sync.hub.registry import DeviceRow
from sync.hub.tables import accounts, conflicts, decisions

__all__ = ["may_owe", "settle_debts"]

_GRACE = timedelta(days=14)
"""So long after points ran out a redemption that could not know of it still has them."""


def may_owe(known: Mapping[str, Member]) -> bool:
    """Say whether :func:`settle_debts` could find anything to do about these members."""
    roots = {each.root for each in known.values()}
    return any(
        root not in known
        or (known[root].available < 0) is not known[root].denied
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
    for root in sorted(roots):
        member = roots[root]
        if member.available < 0 and not member.denied:
            family = {each.account for each in known.values() if each.root == root}
            cause = _cause(entries, family)
            owed = -member.available - _give_back(c, tenant, member, cause, device, now)
            if owed > 0:
                _owe(c, tenant, member, owed, cause, device, now)
        elif member.available >= 0 and member.denied:
            _paid(c, tenant, member, now)
        if member.state == "erased":
            # What stores had rights to comes home bit by bit, and goes back to the program.
            forfeit(c, tenant, root, now=now)


def _stirred(c: Connection, tenant: str, names: set[str]) -> list[str]:
    """List whom of these members, by their roots, anything is to be done about."""
    if not names:
        return []
    of_these = select(func.coalesce(accounts.c.root, accounts.c.account)).where(
        accounts.c.tenant == tenant, among(c, accounts.c.account, names)
    )
    owes = and_(accounts.c.available < 0, accounts.c.denied.is_(False))
    paid = and_(accounts.c.available >= 0, accounts.c.denied)
    found = select(accounts.c.account).where(
        accounts.c.tenant == tenant,
        accounts.c.account.in_(of_these),
        or_(owes, paid, accounts.c.state == "erased"),
    )
    return list(c.execute(found).scalars())


def _cause(entries: Sequence[Entry], family: set[str]) -> Entry | None:
    """Find the entry that most likely took the points: a redemption beyond rights, else the last
    that speaks of the member.
    """
    of_member = [each for each in entries if getattr(each.fact, "account", None) in family]
    spent = [each for each in of_member if isinstance(each.fact, CreateReward)]
    beyond = [each for each in spent if getattr(each.fact, "floor", 0)]
    found = beyond or spent or of_member
    return found[-1] if found else None


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
    day = cause.business_date or date.fromisoformat(cause.recorded_at[:10])
    if due_on is None or day > due_on + _GRACE:
        return 0
    back = AdjustPoints(
        account=member.account,
        points=points,
        reason="redeemed before the store had heard that they ran out",
        cashier=BY_OFFICE,
    )
    seq = decide(c, tenant, back, now=now)
    c.execute(_of(tenant, member.account).values(expired=accounts.c.expired - points))
    conflict = Conflict(
        kind="expired_then_redeemed",
        subject=cause.fact.redemption_id,
        account=member.account,
        points=points,
        store=device.store,
        device=device.device,
        text=f"{points} points of {member.account} had run out on {due_on} when {device.address} "
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
    owed: int,
    cause: Entry | None,
    device: DeviceRow | None,
    now: datetime,
) -> None:
    where = "head office" if device is None else str(device.address)
    place = "" if cause is None else f" {cause.epoch}:{cause.seq}"
    conflict = Conflict(
        kind="overspend",
        subject=f"{member.account} {where}{place}",
        account=member.account,
        points=owed,
        store=None if device is None else device.store,
        device=None if device is None else device.device,
        text=_words(member, owed, f"entry{place} of {where}"),
        is_open=True,
    )
    note(c, tenant, conflict, now=now)
    c.execute(_of(tenant, member.account).values(denied=True))
    mark(c, tenant, "account", [member.account])


def _words(member: Member, owed: int, entry: str) -> str:
    """Tell what was spent twice from what may still be: rights that stores have not given back."""
    if member.active < 0:
        return (
            f"{member.account} spent {owed} points more than there were, by {entry}. The member "
            "owes them: the next points pay, and until then no store redeems beyond its rights."
        )
    return (
        f"Stores may still give {owed} points more than {member.account} has, since {entry}. They "
        "are called back; until they have come, no store redeems beyond its rights."
    )


def _paid(c: Connection, tenant: str, member: Member, now: datetime) -> None:
    """Say that a debt is paid."""
    fact = SettleConflict(
        conflict="overspend",
        subject=member.account,
        account=member.account,
        text=f"{member.account} has paid what was owed.",
    )
    seq = decide(c, tenant, fact, now=now)
    c.execute(_of(tenant, member.account).values(denied=False))
    c.execute(
        update(conflicts)
        .where(
            conflicts.c.tenant == tenant,
            conflicts.c.kind == "overspend",
            conflicts.c.account == member.account,
            conflicts.c.state == "open",
        )
        .values(state="resolved", decision_seq=seq)
    )
    mark(c, tenant, "account", [member.account])


def _of(tenant: str, account: str) -> Update:
    return update(accounts).where(accounts.c.tenant == tenant, accounts.c.account == account)

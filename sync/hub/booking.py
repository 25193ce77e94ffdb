"""Book a batch: keep its entries, and post by how much they change what everything is worth.

All of it is one transaction, and what follows from an entry stands in the sums the moment that the
entry is held: postings that sum to zero (I3), ``active = available + rights`` (I4). Nothing that
happened at a till is refused; what contradicts is settled and noted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from agent.core.entry import Recorded
from agent.core.facts import OpenEpoch
from agent.core.instant import rfc3339
from sync.hub.bulk import add_up
from sync.hub.deciding import note
from sync.hub.examine import Accepted, Taken, Verdict
from sync.hub.judging import Conflict, things_of
from sync.hub.keeping import keep, keep_mentions, thing_finder
from sync.hub.lives import add_own, grow, recount, settle_parents
from sync.hub.marking import mark
from sync.hub.member_days import add_days
from sync.hub.placing import is_over, place
from sync.hub.posting import post
from sync.hub.recalling import hear_returns
from sync.hub.registry import DeviceRow, JournalRow, change_journal, journal, journals_of
from sync.hub.rights_heard import change_of_rights, keep_rights
from sync.hub.settling import settle
from sync.hub.summing import Sums, members_points, sum_up
from sync.hub.tables import days, visits
from sync.hub.tables import journals as journals_table
from sync.hub.weighing import Said, Weighed, weigh
from sync.messages import Held, Journal

__all__ = ["Booked", "book", "post_entries", "unreadable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What became of a batch.

    ``held`` is what the device may be told: the newest entry held of its journal. Of an epoch that
    was ended it is the last one that device and head office are known to share.
    ``entries`` are those that are new and can be read, ``kept`` how many are new. ``opened`` says
    that an epoch of head office's word began.
    """

    verdict: Verdict
    held: Held
    journal: JournalRow | None = None
    entries: tuple[Recorded, ...] = ()
    kept: int = 0
    accounts_changed: frozenset[str] = frozenset()
    opened: bool = False


def book(
    c: Connection,
    device: DeviceRow,
    header: Journal,
    lines: tuple[bytes, ...],
    *,
    now: datetime,
) -> Booked:
    """Book a batch of a device whose row is locked. Nothing is kept of what does not follow."""
    placed = place(c, device, header, lines)
    held = Held.of(header.incarnation, placed.held)
    if not isinstance(placed.verdict, Accepted) or placed.journal is None:
        return Booked(verdict=placed.verdict, held=held, journal=placed.journal)
    if is_over(device, placed.journal):
        end = header.first_seq + len(lines) - 1
        held = held.model_copy(update={"seq": end, "hash": header.last_hash})
    taken = placed.verdict.entries
    if not taken:
        return Booked(verdict=placed.verdict, held=held, journal=placed.journal)
    grown, touched = _lived(c, device, placed.journal, taken, is_branch=placed.is_new_branch)
    last = taken[-1]
    change_journal(c, grown.id, seq=last.seq, hash=last.hash, updated_at=rfc3339(now))
    grown = replace(grown, seq=last.seq, hash=last.hash)
    keep(c, grown, taken, now=rfc3339(now))
    recorded = tuple(
        Recorded(entry=each.entry, canonical=each.canonical, hash=each.hash)
        for each in taken
        if each.entry is not None
    )
    for each in taken:
        if each.entry is None:
            note(c, device.tenant, unreadable(device, grown, each.seq), now=now)
    touched = post_entries(c, device, grown, recorded, now=now, touched=touched)
    return Booked(
        verdict=placed.verdict,
        held=held if held.seq > placed.held.seq else Held.of(grown.incarnation, grown.head),
        journal=grown,
        entries=recorded,
        kept=len(taken),
        accounts_changed=frozenset(touched),
        opened=grown.opened and not placed.journal.opened,
    )


def post_entries(
    c: Connection,
    device: DeviceRow,
    held: JournalRow,
    recorded: Sequence[Recorded],
    *,
    now: datetime,
    touched: Iterable[str] = (),
) -> set[str]:
    """Post entries that are kept: worth, rights, the ledger's own sums, and what follows.

    Marks what changed, with ``touched``; answers it.
    """
    new = [each.entry for each in recorded]
    sums = sum_up(new, now=rfc3339(now))
    journals = journals_of(c, device)
    thing_at = thing_finder(c, held, journals, new)
    said = [
        Said(entry=entry, postings=postings, things=things_of(entry, thing_at))
        for entry, postings in zip(new, sums.postings, strict=True)
    ]
    keep_mentions(c, held, said)
    weighed = weigh(c, device, held, said, thing_at)
    changed = change_of_rights(c, held, sums.leases, sums.grants)
    accounts = post(
        c,
        device.tenant,
        weighed.change,
        rights=changed,
        journal_id=held.id,
        speaks_of=sums.accounts,
    )
    keep_rights(c, held, sums.leases, sums.grants, changed)
    add_own(c, journals, held, said)
    _keep_days(c, device.tenant, held, said, weighed)
    _hear_the_rest(c, device, held, sums)
    for conflict in weighed.conflicts:
        note(c, device.tenant, conflict, now=now)
    settle(c, device, held, recorded, now=now, touched=accounts)
    accounts |= set(touched)
    mark(c, device.tenant, "account", accounts)
    return accounts


def _hear_the_rest(c: Connection, device: DeviceRow, held: JournalRow, sums: Sums) -> None:
    """Take in answered recalls, floor that was used, and visits."""
    if sums.returns:
        hear_returns(c, device.tenant, held.id, sums.returns)
    if sums.floor:
        change_journal(c, held.id, floor=journals_table.c.floor + sums.floor)
    add_up(
        c,
        visits,
        ("account", "last_at", "visits"),
        ((account, at, 1) for account, at in sums.visits.items()),
        fixed={"tenant": device.tenant, "device_id": device.id},
        sums=("visits",),
        largest=("last_at",),
    )


def _keep_days(
    c: Connection, tenant: str, held: JournalRow, said: Sequence[Said], weighed: Weighed
) -> None:
    """Add what each business date came to, as written and as posted, and brought each member."""
    add_days(c, tenant, weighed.brought)
    sums: dict[str, list[int]] = {}
    for each in said:
        day = sums.setdefault(each.day, [0, 0, 0])
        day[0] += 1
        day[1] += members_points(each.postings)
    for name, points in weighed.days.items():
        sums[name][2] += points
    add_up(
        c,
        days,
        ("business_date", "entries", "written", "posted"),
        ((name, *day) for name, day in sums.items()),
        fixed={"journal_id": held.id},
        sums=("entries", "written", "posted"),
    )


def _lived(
    c: Connection, device: DeviceRow, held: JournalRow, taken: Sequence[Taken], *, is_branch: bool
) -> tuple[JournalRow, set[str]]:
    """Put a journal where it belongs among the lives of its device, before it takes entries.

    Answers it, and the accounts of which a ledger's own points are others than before.
    """
    touched = recount(c, device) if is_branch else set[str]()
    first = taken[0]
    if first.seq == 1 and first.entry is not None and isinstance(first.entry.fact, OpenEpoch):
        held, changed = grow(c, device, held, first.entry.fact)
        touched |= changed
    touched |= settle_parents(c, device, held, {each.seq: each.hash for each in taken})
    return journal(c, held.id) if touched else held, touched


def unreadable(device: DeviceRow, held: JournalRow, seq: int) -> Conflict:
    """Say that an entry is kept and not understood."""
    place = f"{held.epoch}:{seq}"
    return Conflict(
        kind="unreadable",
        subject=f"{device.address}/{held.incarnation}/{held.branch}/{place}",
        text=f"Entry {place} of this device cannot be read by this version; it is kept, moves no "
        "points yet, and will count once a version that reads it is installed.",
        store=device.store,
        device=device.device,
        is_open=True,
    )

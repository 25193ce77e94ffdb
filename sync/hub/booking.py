"""Book a batch: keep its entries, and post by how much they change what everything is worth.

All of it is one transaction, and what follows from an entry stands in the sums the moment that the
entry is held: postings that sum to zero (I3), ``active = available + rights`` (I4). Nothing that
happened at a till is refused; what contradicts is settled and noted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from agent.core.entry import Recorded
from agent.core.facts import OpenEpoch
from agent.core.instant import rfc3339
from sync.hub.bulk import Part, add_up_all
from sync.hub.deciding import note
from sync.hub.examine import Accepted, Taken, Verdict
from sync.hub.judging import Conflict, things_of
from sync.hub.keeping import keep, keep_mentions, thing_finder
from sync.hub.lives import grow, own_of, recount, settle_parents
from sync.hub.marking import marked
from sync.hub.member_days import brought_by
from sync.hub.members import Member, members, read_members
from sync.hub.placing import Placed, is_over, place
from sync.hub.posting import Posted, post_members
from sync.hub.recalling import hear_returns
from sync.hub.registry import DeviceRow, JournalRow, change_journal, journals_of
from sync.hub.rights_heard import change_of_rights, rights_of
from sync.hub.settling import settle
from sync.hub.summing import Sums, members_points, sum_up
from sync.hub.tables import days, visits
from sync.hub.weighing import Said, Weighed, weigh
from sync.messages import Held, Journal

__all__ = ["Booked", "Followed", "book", "post_entries", "unreadable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What became of a batch.

    ``held`` is what the device may be told: the newest entry held of its journal. Of an epoch that
    was ended it is the last one that device and head office are known to share.
    ``entries`` are those that are new and can be read, ``kept`` how many are new. ``opened`` says
    that an epoch of head office's word began. ``journals`` are all of the device as they are now,
    and ``members`` those whose accounts changed, where that is known without asking the database
    again: their rows are locked.
    """

    verdict: Verdict
    held: Held
    journal: JournalRow | None = None
    journals: tuple[JournalRow, ...] = ()
    entries: tuple[Recorded, ...] = ()
    kept: int = 0
    accounts_changed: frozenset[str] = frozenset()
    members: Mapping[str, Member] | None = None
    opened: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What followed from entries: the accounts that changed, their members as above, and how much
    floor was used.
    """

    accounts: frozenset[str]
    members: Mapping[str, Member] | None
    floor: int


def book(
    c: Connection,
    device: DeviceRow,
    header: Journal,
    lines: tuple[bytes, ...],
    *,
    now: datetime,
) -> Booked:
    """Book a batch of a device whose row is locked. Nothing is kept of what does not follow.

    A batch of what nobody else speaks of costs ten statements, however long it is.
    """
    journals = journals_of(c, device)
    placed = place(c, device, journals, header, lines)
    held = _held_after(device, placed, header, len(lines))
    taken = placed.verdict.entries if isinstance(placed.verdict, Accepted) else ()
    if placed.journal is None or not taken:
        return Booked(verdict=placed.verdict, held=held, journal=placed.journal)
    if placed.journal not in journals:
        journals = journals_of(c, device)
    journals, touched = _lived(
        c, device, journals, placed.journal, taken, is_branch=placed.is_new_branch
    )
    grown = next(each for each in journals if each.id == placed.journal.id)
    recorded = _kept(c, device, grown, taken, now=now)
    posted = post_entries(c, device, grown, journals, recorded, now=now, touched=touched)
    floor = grown.floor + posted.floor
    head = replace(grown, seq=taken[-1].seq, hash=taken[-1].hash, floor=floor)
    change_journal(
        c, head.id, seq=head.seq, hash=head.hash, floor=head.floor, updated_at=rfc3339(now)
    )
    return Booked(
        verdict=placed.verdict,
        held=held if held.seq > placed.held.seq else Held.of(head.incarnation, head.head),
        journal=head,
        journals=tuple(head if each.id == head.id else each for each in journals),
        entries=recorded,
        kept=len(taken),
        accounts_changed=posted.accounts,
        members=posted.members,
        opened=head.opened and not placed.journal.opened,
    )


def _held_after(device: DeviceRow, placed: Placed, header: Journal, count: int) -> Held:
    """Answer what is held of a journal before a batch of so many entries; where that is over, after
    it, as no later one is waited for.
    """
    held = Held.of(header.incarnation, placed.held)
    is_taken = isinstance(placed.verdict, Accepted)
    if not is_taken or placed.journal is None or not is_over(device, placed.journal):
        return held
    end = header.first_seq + count - 1
    return held.model_copy(update={"seq": end, "hash": header.last_hash})


def _kept(
    c: Connection, device: DeviceRow, held: JournalRow, taken: Sequence[Taken], *, now: datetime
) -> tuple[Recorded, ...]:
    """Keep entries; answers those that can be read, and notes which cannot."""
    keep(c, held, taken, now=rfc3339(now))
    for each in taken:
        if each.entry is None:
            note(c, device.tenant, unreadable(device, held, each.seq), now=now)
    return tuple(
        Recorded(entry=each.entry, canonical=each.canonical, hash=each.hash)
        for each in taken
        if each.entry is not None
    )


def post_entries(
    c: Connection,
    device: DeviceRow,
    held: JournalRow,
    journals: Sequence[JournalRow],
    recorded: Sequence[Recorded],
    *,
    now: datetime,
    touched: Iterable[str] = (),
) -> Followed:
    """Post entries that are kept: worth, rights, the ledger's own sums, and what follows.

    ``journals`` are all of the device. Marks what changed, with ``touched``.
    """
    tenant, new = device.tenant, [each.entry for each in recorded]
    sums = sum_up(new, now=rfc3339(now))
    thing_at = thing_finder(c, held, journals, new)
    said = [
        Said(entry=entry, postings=postings, things=things_of(entry, thing_at))
        for entry, postings in zip(new, sums.postings, strict=True)
    ]
    keep_mentions(c, held, said)
    weighed = weigh(c, device, held, said, thing_at)
    changed = change_of_rights(c, held, sums.leases, sums.grants)
    posted = post_members(
        c, tenant, weighed.change, rights=changed, journal_id=held.id, speaks_of=sums.accounts
    )
    names = _names(posted, touched)
    rights = rights_of(held, sums.leases, sums.grants, changed)
    own = own_of(journals, held, said)
    add_up_all(c, [*_beside(device, held, said, weighed, sums, posted, names), rights, *own])
    if sums.returns:
        hear_returns(c, tenant, held.id, sums.returns)
    for conflict in weighed.conflicts:
        note(c, tenant, conflict, now=now)
    locked = read_members(posted.rows.values())
    known = locked | members(c, tenant, names - locked.keys())
    is_known = not settle(c, device, new, known, now=now) and names <= locked.keys()
    return Followed(accounts=names, members=locked if is_known else None, floor=sums.floor)


def _names(posted: Posted, touched: Iterable[str]) -> frozenset[str]:
    """List the accounts that changed: those written, those they were merged into, and others."""
    roots = {row.root for row in posted.rows.values() if row.root is not None}
    return frozenset(posted.rows.keys() | roots | set(touched))


def _beside(
    device: DeviceRow,
    held: JournalRow,
    said: Sequence[Said],
    weighed: Weighed,
    sums: Sums,
    posted: Posted,
    names: Iterable[str],
) -> Iterator[Part]:
    """Answer what is written beside members' points: the program's side, marks of the feed, what
    each day brought each member and came to, and visits.
    """
    yield posted.program
    yield marked(device.tenant, "account", names)
    yield brought_by(device.tenant, weighed.brought)
    yield Part(
        table=days,
        columns=("business_date", "entries", "written", "posted"),
        rows=_days(said, weighed),
        fixed={"journal_id": held.id},
        sums=("entries", "written", "posted"),
    )
    yield Part(
        table=visits,
        columns=("account", "last_at", "visits"),
        rows=[(account, at, 1) for account, at in sums.visits.items()],
        fixed={"tenant": device.tenant, "device_id": device.id},
        sums=("visits",),
        largest=("last_at",),
    )


def _days(said: Sequence[Said], weighed: Weighed) -> list[tuple[str, int, int, int]]:
    """Add up what each business date came to, as written and as posted."""
    sums: dict[str, list[int]] = {}
    for each in said:
        day = sums.setdefault(each.day, [0, 0, 0])
        day[0] += 1
        day[1] += members_points(each.postings)
    for name, points in weighed.days.items():
        sums[name][2] += points
    return [(name, entries, written, posted) for name, (entries, written, posted) in sums.items()]


def _lived(
    c: Connection,
    device: DeviceRow,
    journals: list[JournalRow],
    held: JournalRow,
    taken: Sequence[Taken],
    *,
    is_branch: bool,
) -> tuple[list[JournalRow], set[str]]:
    """Put a journal where it belongs among the lives of its device, before it takes entries.

    Answers all journals, and the accounts of which a ledger's own points are others than before.
    """
    touched = recount(c, device) if is_branch else set[str]()
    first = taken[0]
    fact = None if first.entry is None or first.seq > 1 else first.entry.fact
    if isinstance(fact, OpenEpoch):
        touched |= grow(c, device, held, fact)
    if is_branch or isinstance(fact, OpenEpoch):
        journals = journals_of(c, device)
    hashes = {each.seq: each.hash for each in taken}
    changed = settle_parents(c, device, journals, held, hashes)
    if changed is None:
        return journals, touched
    return journals_of(c, device), touched | changed


def unreadable(device: DeviceRow, held: JournalRow, seq: int) -> Conflict:
    """Say that an entry is kept and not understood."""
    place = f"{held.epoch}:{seq}"
    return Conflict(
        kind="unreadable",
        subject=f"{device.address}/{held.incarnation}/{held.branch}/{place}",
        text=f"Entry {place} of this device cannot be read by this version; it is kept, moves no "
        "points yet, and will count once head office runs a version that reads it: upgrade it.",
        store=device.store,
        device=device.device,
        is_open=True,
    )

"""Book a batch: keep its entries, and post by how much they change what everything is worth.

All of it is one transaction, and what follows from an entry stands in the sums the moment that the
entry is held: postings that sum to zero (I3), ``active = available + rights`` (I4). Nothing that
happened at a till is refused; what contradicts is settled and noted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from agent.core.facts import OpenEpoch
from agent.core.instant import rfc3339
from sync.hub.batch import Batch, Taken
from sync.hub.decisions import note
from sync.hub.examine import Accepted, Verdict
from sync.hub.following import post_entries
from sync.hub.judging import Conflict
from sync.hub.keeping import keep
from sync.hub.lives import grow, recount, settle_parents
from sync.hub.members import Member
from sync.hub.placing import Placed, is_over, place
from sync.hub.registry import DeviceRow, JournalRow, change_journal, journals_of
from sync.hub.said import Said
from sync.messages import Held

__all__ = ["Booked", "book", "unreadable"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What became of a batch.

    ``held`` is what the device may be told: the newest entry held of its journal. Of an epoch that
    was ended it is the last one that device and head office are known to share.
    ``kept`` is how many are new. ``opened`` says that an epoch of head office's word began.
    ``journals`` are all of the device as they are now, and ``members`` those whose accounts
    changed, where that is known without asking the database again: their rows are locked.
    """

    verdict: Verdict
    held: Held
    journal: JournalRow | None = None
    journals: tuple[JournalRow, ...] = ()
    kept: int = 0
    accounts_changed: frozenset[str] = frozenset()
    members: Mapping[str, Member] | None = None
    opened: bool = False


def book(c: Connection, device: DeviceRow, batch: Batch, *, now: datetime) -> Booked:
    """Book a batch of a device whose row is locked. Nothing is kept of what does not follow.

    A batch of what nobody else speaks of costs some ten statements, however long it is.
    """
    header = batch.header
    journals = journals_of(c, device)
    placed = place(c, device, journals, batch)
    held = Held.of(header.incarnation, placed.held)
    taken: Sequence[Taken] = ()
    if isinstance(placed.verdict, Accepted) and placed.journal is not None:
        taken = placed.verdict.entries
        if is_over(device, placed.journal):
            end = {"seq": batch.last_seq, "hash": header.last_hash}
            held = held.model_copy(update=end)
    if not taken or placed.journal is None:
        return Booked(verdict=placed.verdict, held=held, journal=placed.journal)
    hashes = {each.seq: each.hash for each in taken}
    journals, touched = _lived(c, device, journals, placed.journal, placed, taken[0], hashes)
    grown = next(each for each in journals if each.id == placed.journal.id)
    said = _keep(c, device, grown, taken, now=now)
    grown = replace(grown, seq=taken[-1].seq, hash=taken[-1].hash)
    journals = [grown if each.id == grown.id else each for each in journals]
    posted = post_entries(c, device, grown, journals, said, now=now, touched=touched)
    head = _write_head(c, grown, floor=posted.floor, now=now)
    return Booked(
        verdict=placed.verdict,
        held=held if held.seq > placed.held.seq else Held.of(head.incarnation, head.head),
        journal=head,
        journals=tuple(head if each.id == head.id else each for each in journals),
        kept=len(taken),
        accounts_changed=posted.accounts,
        members=posted.members,
        opened=head.opened and not placed.journal.opened,
    )


def _keep(
    c: Connection, device: DeviceRow, grown: JournalRow, taken: Sequence[Taken], *, now: datetime
) -> list[Said]:
    """Keep entries; answers what those say that can be read, and notes the others."""
    keep(c, grown, taken, now=rfc3339(now))
    for each in taken:
        if each.said is None:
            note(c, device.tenant, unreadable(device, grown, each.seq), now=now)
    return [each.said for each in taken if each.said is not None]


def _write_head(c: Connection, grown: JournalRow, *, floor: int, now: datetime) -> JournalRow:
    """Write a journal's new head, and what floor was used up to it."""
    head = replace(grown, floor=grown.floor + floor)
    changed = {"seq": head.seq, "hash": head.hash, "floor": head.floor}
    change_journal(c, head.id, **changed, updated_at=rfc3339(now))
    return head


def _lived(
    c: Connection,
    device: DeviceRow,
    journals: list[JournalRow],
    grown: JournalRow,
    placed: Placed,
    first: Taken,
    hashes: Mapping[int, bytes],
) -> tuple[list[JournalRow], set[str]]:
    """Put a journal where it belongs among the lives of its device, before it takes entries.

    Answers all journals, and the accounts of which a ledger's own points are others than before.
    """
    touched = recount(c, device) if placed.is_new_branch else set[str]()
    fact = None if first.said is None or first.seq > 1 else first.said.entry.fact
    if isinstance(fact, OpenEpoch):
        touched |= grow(c, device, grown, fact)
    if grown not in journals or placed.is_new_branch or isinstance(fact, OpenEpoch):
        journals = journals_of(c, device)
    changed = settle_parents(c, device, journals, grown, hashes)
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

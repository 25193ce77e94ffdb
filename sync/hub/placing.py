"""Find the journal that a batch belongs to.

A live epoch has one journal: what contradicts it is refused, and the device, which is told the hash
that is held, notices. Of an epoch that head office has ended, or that its device has left for a
later one, and of a device that was halted, everything is taken: what contradicts becomes a branch
beside what is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from agent.core.entry import GENESIS, Position
from sync.hub.batch import Batch
from sync.hub.examine import Accepted, Contradicts, Gap, Verdict, examine
from sync.hub.registry import DeviceRow, JournalRow, branches_of, hash_at, journal, make_journal

__all__ = ["MOST_BRANCHES", "Placed", "is_over", "place"]

MOST_BRANCHES = 16
"""A disk is not set back more often than this within one epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What a batch is, which journal it goes to, and the newest entry held there."""

    verdict: Verdict
    journal: JournalRow | None
    held: Position
    is_new_branch: bool = False


def place(
    c: Connection,
    device: DeviceRow,
    journals: Sequence[JournalRow],
    batch: Batch,
) -> Placed:
    """Find the journal of a batch, one of the device's or a new one, and judge the batch against
    it.
    """
    header = batch.header
    branches = branches_of(journals, header.incarnation, header.epoch)
    if not branches:
        return _place_first(c, device, batch)
    verdicts: list[Verdict] = []
    for branch in branches:
        verdict = _examine(c, branch, batch)
        if isinstance(verdict, Accepted):
            return Placed(verdict=verdict, journal=branch, held=branch.head)
        verdicts.append(verdict)
    first = branches[0]
    if not is_over(device, first):
        return Placed(verdict=verdicts[0], journal=first, held=first.head)
    return _place_beside(c, device, branches, verdicts, batch)


def is_over(device: DeviceRow, journal: JournalRow) -> bool:
    """Say whether a journal is no longer the one that its device goes on with: ended by head
    office, left for a later epoch, or its device halted. Only then it may have another end.
    """
    is_left = device.journal_id not in (None, journal.id)
    return journal.fenced is not None or is_left or device.state == "halted"


def _place_first(c: Connection, device: DeviceRow, batch: Batch) -> Placed:
    """Judge the first batch of an epoch; it gets a journal where something is taken."""
    header = batch.header
    nothing = Position(epoch=header.epoch, seq=0, hash=GENESIS)
    verdict = examine(nothing, lambda seq: None if seq else GENESIS, batch)
    if not isinstance(verdict, Accepted) or not verdict.entries:
        return Placed(verdict=verdict, journal=None, held=nothing)
    made = make_journal(c, device, header.incarnation, header.epoch)
    return Placed(verdict=verdict, journal=made, held=nothing)


def _place_beside(
    c: Connection,
    device: DeviceRow,
    branches: list[JournalRow],
    verdicts: list[Verdict],
    batch: Batch,
) -> Placed:
    """Begin a branch where a batch leaves what is held; put it off where that cannot be seen."""
    header = batch.header
    # From its first entry on the device must offer it again, to show where it leaves.
    nothing = Position(epoch=header.epoch, seq=0, hash=GENESIS)
    if any(isinstance(each, Contradicts) and each.reason == "malformed" for each in verdicts):
        return Placed(verdict=verdicts[0], journal=branches[0], held=nothing)
    shared, last = max(
        ((branch, _last_shared(c, branch, batch)) for branch in branches),
        key=lambda found: found[1].seq,
    )
    if last.seq < header.first_seq - 1:
        return Placed(verdict=Gap(), journal=branches[0], held=nothing)
    if len(branches) > MOST_BRANCHES:
        fork = Contradicts(seq=last.seq + 1, reason="fork")
        return Placed(verdict=fork, journal=branches[0], held=nothing)
    while last.seq < shared.first_seq - 1 and shared.parent_id is not None:
        shared = journal(c, shared.parent_id)
    made = make_journal(
        c,
        device,
        header.incarnation,
        header.epoch,
        branch=branches[-1].branch + 1,
        head=last,
        parent_id=shared.id,
        parent_seq=last.seq,
        parent_hash=last.hash,
        opened=shared.opened,
        fenced=shared.fenced,
        fenced_because=shared.fenced_because,
    )
    verdict = _examine(c, made, batch)
    return Placed(verdict=verdict, journal=made, held=last, is_new_branch=True)


def _examine(c: Connection, held: JournalRow, batch: Batch) -> Verdict:
    return examine(held.head, lambda seq: hash_at(c, held, seq), batch)


def _last_shared(c: Connection, branch: JournalRow, batch: Batch) -> Position:
    """Answer the last entry that a batch and a branch agree in; none that lies before the batch."""
    epoch, before = batch.header.epoch, batch.header.first_seq - 1
    last = Position(epoch=epoch, seq=-1, hash=GENESIS)
    for seq in range(before, batch.last_seq + 1):
        link = batch.link(seq)
        if hash_at(c, branch, seq) != link:
            break
        last = Position(epoch=epoch, seq=seq, hash=link)
    return last

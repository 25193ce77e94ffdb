"""What points that became active came from, where that is heard later than the activation.

An activation names entries of its own ledger, of older epochs too. Their tail may come after it,
and which of two boxes' branches they are of is known only once the branch has the entry that the
later life grew from. Whenever either is heard, the activations of later lives are weighed anew: for
what they were taken to speak of, and for what they turn out to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    ClaimSale,
    OpenEpoch,
)
from sync.hub.bulk import among
from sync.hub.judging import Mention, ThingAt, judge, postings_alone, things_of
from sync.hub.keeping import keep_mentions, thing_finder
from sync.hub.lines import later_lives
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.said import Said
from sync.hub.tables import entries, mentioned
from sync.hub.turning import still_turning
from sync.hub.weighing import Weighed, mentions_of, speak_of

__all__ = ["weigh_later_lives"]

_AT_ONCE = 1_000
_GIFTS = (AccumulatePoints, AccumulatePromotionPoints, ClaimSale)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moved:
    """An activation that speaks of other things than it was taken to."""

    journal: JournalRow
    entry: Entry
    before: frozenset[str]
    things: tuple[str, ...]
    thing_at: ThingAt

    @property
    def all_things(self) -> set[str]:
        """What it was taken to speak of, and what it does."""
        return {*self.before, *self.things}


def weigh_later_lives(
    c: Connection,
    device: DeviceRow,
    held: JournalRow,
    journals: Sequence[JournalRow],
    said: Sequence[Said],
    weighed: Weighed,
) -> None:
    """Add what new entries of a journal, which are weighed, change about activations of the lives
    that grew from it. ``journals`` are all of the device, with the new entries.
    """
    children = [each for each in journals if each.parent_id == held.id]
    if not children or not said:
        return
    new = [each.entry for each in said]
    accounts = None if _tells_branches_apart(held, children, new) else _waiting(new)
    if accounts is not None and not accounts:
        return
    moved = [
        each
        for later, _ in later_lives(held.id, journals)
        for each in _moved_of(c, later, journals, accounts)
    ]
    if moved:
        _weigh_anew(c, device, moved, weighed, said[-1].day)


def _tells_branches_apart(
    held: JournalRow, children: Iterable[JournalRow], new: Sequence[Entry]
) -> bool:
    """Say whether it may be known from now on what a later life grew from."""
    first, last = new[0].seq, new[-1].seq
    is_first = first == held.first_seq or isinstance(new[0].fact, OpenEpoch)
    return is_first or any(first <= (each.parent_seq or 0) <= last for each in children)


def _waiting(new: Iterable[Entry]) -> frozenset[str]:
    """List whose points wait by these entries."""
    return frozenset(
        fact.account
        for fact in (each.fact for each in new)
        if isinstance(fact, _GIFTS) and fact.account is not None and fact.pending_until is not None
    )


def _moved_of(
    c: Connection, later: JournalRow, journals: Sequence[JournalRow], accounts: Iterable[str] | None
) -> Iterator[_Moved]:
    """Find the activations of a journal that speak of other things than is kept of them."""
    found = list(_activations(c, later, accounts))
    if not found:
        return
    thing_at = thing_finder(c, later, journals, found)
    kept: dict[int, set[str]] = {}
    rows = select(mentioned.c.seq, mentioned.c.thing).where(mentioned.c.journal_id == later.id)
    for row in c.execute(rows):
        kept.setdefault(row.seq, set()).add(row.thing)
    for entry in found:
        before = frozenset(kept.get(entry.seq, ()))
        things = things_of(entry, thing_at)
        if before != set(things):
            yield _Moved(
                journal=later, entry=entry, before=before, things=things, thing_at=thing_at
            )


def _activations(
    c: Connection, later: JournalRow, accounts: Iterable[str] | None
) -> Iterator[Entry]:
    wanted = select(entries.c.canonical).where(
        entries.c.journal_id == later.id, entries.c.thing.is_(None), entries.c.account.is_not(None)
    )
    if accounts is not None:
        wanted = wanted.where(among(c, entries.c.account, accounts))
    rows = c.execute(wanted.where(entries.c.posted), execution_options={"yield_per": _AT_ONCE})
    for some in rows.scalars().partitions():
        still_turning()
        for canonical in some:
            entry = Entry.read(bytes(canonical))
            if isinstance(entry.fact, ActivatePoints):
                yield entry


def _weigh_anew(
    c: Connection, device: DeviceRow, moved: Sequence[_Moved], weighed: Weighed, day: str
) -> None:
    """Add by how much everything is worth more, or less, than by what was kept of activations."""
    for each in moved:
        speak_of(c, device.tenant, each.journal.id, each.all_things)
    names = {thing for each in moved for thing in each.all_things}
    known = mentions_of(c, device.tenant, names)
    for each in moved:
        thing_at = _as_taken(device, each, known)
        for sign, known_at in ((-1, thing_at), (1, each.thing_at)):
            for owner, bucket, points in postings_alone(each.entry, known_at):
                weighed.add(owner, bucket, sign * points, day)
    _add_worth(weighed, known, -1, day)
    for each in moved:
        its = (mentioned.c.journal_id == each.journal.id, mentioned.c.seq == each.entry.seq)
        c.execute(delete(mentioned).where(*its))
        keep_mentions(c, each.journal, [Said.of(each.entry, each.thing_at)])
    _add_worth(weighed, mentions_of(c, device.tenant, names), 1, day)


def _as_taken(device: DeviceRow, moved: _Moved, known: Mapping[str, Sequence[Mention]]) -> ThingAt:
    """Answer what the lots of an activation were taken for: of what it was kept to speak of, what
    has an entry at their place.
    """
    at = (device.store, device.device)
    taken = {
        (mention.epoch, mention.seq): thing
        for thing in sorted(moved.before)
        for mention in known.get(thing, ())
        if mention.at == at and not isinstance(mention.entry.fact, ActivatePoints)
    }
    return lambda epoch, seq: taken.get((epoch, seq))


def _add_worth(
    weighed: Weighed, known: Mapping[str, Sequence[Mention]], sign: int, day: str
) -> None:
    for thing, said in sorted(known.items()):
        judged = judge(thing, said)
        weighed.bring(judged.days, sign)
        for (owner, bucket), points in judged.worth.items():
            weighed.add(owner, bucket, sign * points, day)

"""Replay from zero: what head office's sums must be, worked out of the entries alone.

Journals are held to their chain; all that was ever said of a thing is judged together; head
office's own decisions come on top. Memory holds the accounts and the disputed things, not the
entries.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, union_all

from agent.core.entry import Entry
from agent.core.facts import CreateReward
from agent.core.postings import Posting, lease_of, postings_of
from sync.hub.judging import OF_OTHER_DAYS, Days, given_by, judge, postings_alone
from sync.hub.keeping import thing_finder
from sync.hub.lines import Path, lines_through_all
from sync.hub.registry import JournalRow, all_journals
from sync.hub.tables import decisions, devices, entries, journals, mentioned
from sync.hub.walking import Walked, walk_all
from sync.hub.weighing import mentions_of

__all__ = ["Replayed", "replay_books"]

_ITS_LOTS = select(mentioned.c.seq, mentioned.c.thing).where(
    mentioned.c.journal_id == bindparam("journal_id")
)
"""Made once: to make a statement costs more than to run it."""

Owned = Counter[tuple[str, str, str]]
"""Points by tenant, owner and bucket."""


class _Its(NamedTuple):
    """A journal, whose it is, all of its device, and the lines that it is part of."""

    tenant: str
    held: JournalRow
    kin: list[JournalRow]
    through: Path


_OfLots = dict[int, tuple[str, ...]]
"""What the activations of one journal speak of, by their seq."""


@dataclass(slots=True)
class Replayed:
    """What everything comes to. ``worth`` is by the accounts as they were written."""

    entries: int = 0
    worth: Owned = field(default_factory=Counter)
    own: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    """By line, account and bucket."""
    leases: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By journal and account."""
    floors: Counter[int] = field(default_factory=Counter)
    """By journal."""
    days: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """What each day brought, by tenant, account, day and what."""
    disputed: set[tuple[str, str]] = field(default_factory=set)
    """Things, by tenant, of which more than one journal speaks."""


class _Lots:
    """What activations speak of. Most journals have none, and each is a journey to ask."""

    def __init__(self, c: Connection) -> None:
        self._journals = set(c.execute(select(mentioned.c.journal_id).distinct()).scalars())

    def of(self, c: Connection, held: JournalRow) -> _OfLots:
        """Read what those of one journal speak of."""
        found: _OfLots = {}
        if held.id in self._journals:
            for row in c.execute(_ITS_LOTS, {"journal_id": held.id}):
                found[row.seq] = (*found.get(row.seq, ()), row.thing)
        return found


def replay_books(c: Connection) -> Replayed:
    """Replay everything. Raises Unsound where a chain does not hold."""
    replayed, lots = Replayed(disputed=_disputed(c)), _Lots(c)
    tenants = {row.id: row.tenant for row in c.execute(select(devices.c.id, devices.c.tenant))}
    held, kin = all_journals(c), dict[int, list[JournalRow]]()
    for journal in held:
        kin.setdefault(journal.device_id, []).append(journal)
    through: dict[int, Path] = {}
    for its_device in kin.values():
        through |= lines_through_all(its_device)
    with closing(walk_all(c, held)) as journals_walked:
        for journal, walked in journals_walked:
            its_device, lines = kin[journal.device_id], through.get(journal.id, {})
            its = _Its(tenants[journal.device_id], journal, its_device, lines)
            _add_journal(c, replayed, its, walked, lots.of(c, journal))
    for tenant, thing in sorted(replayed.disputed):
        (said,) = mentions_of(c, tenant, [thing]).values()
        for (owner, bucket), points in judge(thing, said).worth.items():
            replayed.worth[tenant, owner, bucket] += points
        _add_days(replayed, tenant, judge(thing, said).days)
    for row in c.execute(select(decisions.c.tenant, decisions.c.canonical)):
        entry = Entry.read(bytes(row.canonical))
        for owner, bucket, points in postings_of(entry.fact):
            replayed.worth[row.tenant, owner, bucket] += points
        _add_days(replayed, row.tenant, given_by(entry))
    return replayed


def _add_journal(
    c: Connection, replayed: Replayed, its: _Its, walked: Iterable[Walked], lots: _OfLots
) -> None:
    """Add what one journal's entries come to."""
    tenant, held, kin, through = its
    for seq, canonical, thing, posted in walked:
        replayed.entries += 1
        if not posted:
            continue
        entry = Entry.read(canonical)
        postings = postings_of(entry.fact)
        for line, last in through.items():
            if seq <= last:
                for owner, bucket, points in postings:
                    replayed.own[line, owner, bucket] += points
        _add_rights(replayed, held, entry)
        things = lots.get(seq, ()) if thing is None else (thing,)
        judged = frozenset(each for each in things if (tenant, each) in replayed.disputed)
        if judged:  # with all that was said of it
            if thing is not None:
                continue
            postings = _alone(c, held, kin, entry, judged)
        _add_days(replayed, tenant, given_by(entry))
        if isinstance(entry.fact, OF_OTHER_DAYS):
            for each in set(things) - judged:
                _take_back(c, replayed, tenant, each, seq)
        for owner, bucket, points in postings:
            replayed.worth[tenant, owner, bucket] += points


def _add_days(replayed: Replayed, tenant: str, days: Days, sign: int = 1) -> None:
    for (account, day, what), number in days.items():
        replayed.days[tenant, account, day, what] += sign * number


def _take_back(c: Connection, replayed: Replayed, tenant: str, thing: str, seq: int) -> None:
    """Add what one entry takes back, or makes active, of a thing of which its journal alone
    speaks.
    """
    (said,) = mentions_of(c, tenant, [thing]).values()
    before = [each for each in said if each.seq < seq]
    _add_days(replayed, tenant, judge(thing, [each for each in said if each.seq <= seq]).days)
    if before:
        _add_days(replayed, tenant, judge(thing, before).days, -1)


def _add_rights(replayed: Replayed, held: JournalRow, entry: Entry) -> None:
    lease, account = lease_of(entry.fact), getattr(entry.fact, "account", None)
    if lease and account is not None:
        replayed.leases[held.id, account] += lease
    if isinstance(entry.fact, CreateReward) and entry.fact.floor:
        replayed.floors[held.id] += entry.fact.floor


def _alone(
    c: Connection,
    held: JournalRow,
    kin: list[JournalRow],
    entry: Entry,
    judged: frozenset[str],
) -> tuple[Posting, ...]:
    """Answer what of an activation belongs to no thing that is judged, of those that were known
    when it came.
    """
    found = thing_finder(c, held, kin, [entry])

    def thing_at(epoch: int, seq: int) -> str | None:
        thing = found(epoch, seq)
        return thing if thing in judged else None

    return postings_alone(entry, thing_at)


def _disputed(c: Connection) -> set[tuple[str, str]]:
    """List the things of which more than one journal speaks."""
    said = union_all(
        select(entries.c.journal_id, entries.c.thing).where(
            entries.c.thing.is_not(None), entries.c.posted
        ),
        select(mentioned.c.journal_id, mentioned.c.thing),
    ).subquery()
    found = c.execute(
        select(devices.c.tenant, said.c.thing)
        .join(journals, journals.c.id == said.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .group_by(devices.c.tenant, said.c.thing)
        .having(func.min(said.c.journal_id) < func.max(said.c.journal_id))
    )
    return {(row.tenant, row.thing) for row in found}

"""Post what is new by the change of its worth: before these entries, and after.

A thing of which one journal alone speaks is worth just what that journal says. Whoever else speaks
of it in the same moment waits: the row that says who does is taken by both. From the second
journal on, a thing is judged over everything that was ever said of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, union_all

from agent.core.entry import Entry
from agent.core.postings import PROGRAM
from sync.hub.bulk import add_up, among
from sync.hub.causes import cause_of
from sync.hub.judging import (
    OF_OTHER_DAYS,
    Conflict,
    Days,
    Judgement,
    Mention,
    ThingAt,
    judge,
    not_less,
    postings_alone,
)
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.said import Said
from sync.hub.summing import Points, members_points
from sync.hub.tables import devices, entries, journals, mentioned, things

__all__ = ["Weighed", "mentions_of", "speak_of", "weigh"]


@dataclass(slots=True)
class Weighed:
    """By how much new entries change what everything is worth, and what they contradict."""

    change: Points = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    days: dict[str, int] = field(default_factory=dict)
    """What members gain, by the business date of the entries that bring it."""
    apart: dict[tuple[str, str], int] = field(default_factory=dict)
    """By how much that is more than was written, by business date and cause."""
    brought: Days = field(default_factory=dict)
    """By how much it changes what each day brought each member."""

    def add(self, owner: str, bucket: str, points: int, day: str) -> None:
        """Add to the change."""
        self.change[owner, bucket] = self.change.get((owner, bucket), 0) + points
        if owner != PROGRAM:
            self.days[day] = self.days.get(day, 0) + points

    def differ(self, day: str, cause: str, points: int) -> None:
        """Add to what is posted otherwise than written."""
        total = self.apart.pop((day, cause), 0) + points
        if total:
            self.apart[day, cause] = total

    def bring(self, days: Days, sign: int = 1) -> None:
        """Add to what days brought."""
        for key, number in days.items():
            self.brought[key] = self.brought.get(key, 0) + sign * number


@dataclass(slots=True)
class _News:
    """What is new of one thing."""

    mentions: list[Mention] = field(default_factory=list)
    unposted: dict[str, list[Mention]] = field(default_factory=dict)
    """Those of which nothing is counted in the sums of points yet, by day."""
    written: dict[str, int] = field(default_factory=dict)
    """What members gain by the words of those, by day."""

    def add(self, mention: Mention, each: Said, *, is_posted: bool) -> None:
        """Add one more."""
        self.mentions.append(mention)
        if not is_posted:
            day = each.day
            self.unposted.setdefault(day, []).append(mention)
            self.written[day] = self.written.get(day, 0) + members_points(each.postings)


def weigh(
    c: Connection,
    device: DeviceRow,
    journal: JournalRow,
    said: Sequence[Said],
    thing_at: ThingAt,
) -> Weighed:
    """Weigh entries of one journal that are kept already, and count in nothing yet."""
    weighed = Weighed()
    names = {thing for each in said for thing in each.things}
    disputed = speak_of(c, device.tenant, journal.id, names)
    elsewhere = _of_other_days(said)
    news: dict[str, _News] = {}
    for each in said:
        day = each.day
        is_disputed = not disputed.isdisjoint(each.things)
        postings = postings_alone(each.entry, thing_at) if is_disputed else each.postings
        if is_disputed or not elsewhere.isdisjoint(each.things):
            mention = _mention(device, journal, each.entry)
            for thing in each.things:
                news.setdefault(thing, _News()).add(mention, each, is_posted=not is_disputed)
        else:
            weighed.bring(each.given)
        for owner, bucket, points in postings:
            weighed.add(owner, bucket, points, day)
    said_of = mentions_of(c, device.tenant, news) if news else {}
    for thing, new in sorted(news.items()):
        _weigh_anew(weighed, thing, new, said_of.get(thing, []))
    return weighed


def _of_other_days(said: Iterable[Said]) -> set[str]:
    """Name what is taken back or made active: what that came to on which day, its entries tell
    together.
    """
    return {
        thing
        for each in said
        if isinstance(each.entry.fact, OF_OTHER_DAYS)
        for thing in each.things
    }


def _weigh_anew(weighed: Weighed, thing: str, new: _News, known: Iterable[Mention]) -> None:
    """Add the change of one thing's worth, and of what days brought. ``known`` holds the new too.

    An activation of the points of several sales may be disputed for one of them alone: what it
    does to the others is counted here as well, beside entries of them that are posted already.
    """
    here = {mention.order for mention in new.mentions}
    others = [each for each in known if each.order not in here]
    after = judge(thing, [*others, *new.mentions])
    was = judge(thing, others) if others else Judgement()
    weighed.conflicts += not_less(was.conflicts, after.conflicts)
    weighed.bring(after.days)
    weighed.bring(was.days, -1)
    if new.unposted:
        _weigh_by_day(weighed, thing, new, others, was, after)


def _weigh_by_day(
    weighed: Weighed,
    thing: str,
    new: _News,
    others: list[Mention],
    was: Judgement,
    after: Judgement,
) -> None:
    """Add the change of one thing's worth by what each day's entries change of it, one day after
    the other: each day's difference has a cause of its own.
    """
    unposted = {mention.order for mentions in new.unposted.values() for mention in mentions}
    fresh = [each for each in new.mentions if each.order not in unposted]
    if fresh:
        was = judge(thing, [*others, *fresh])
    last = next(reversed(new.unposted))
    for day, mentions in new.unposted.items():
        fresh += mentions
        judged = after if day == last else judge(thing, [*others, *fresh])
        cause = cause_of(was.conflicts, judged.conflicts, fresh, others)
        weighed.differ(day, cause, -new.written[day])
        for each, sign in ((judged, 1), (was, -1)):
            for (owner, bucket), points in each.worth.items():
                weighed.add(owner, bucket, sign * points, day)
                if owner != PROGRAM:
                    weighed.differ(day, cause, sign * points)
        others, fresh, was = [*others, *fresh], [], judged


def speak_of(c: Connection, tenant: str, journal_id: int, names: Iterable[str]) -> set[str]:
    """Say that a journal speaks of these things; answers those of which others spoke, too.

    Locks each of them until the transaction ends.
    """
    spoken = add_up(
        c,
        things,
        ("thing",),
        ((name,) for name in names),
        fixed={"tenant": tenant, "sole": journal_id},
        agreed=("sole",),
        returning=("thing", "sole"),
    )
    return {row.thing for row in spoken if row.sole is None}


def mentions_of(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, list[Mention]]:
    """Read everything posted that was said of some things."""
    wanted = list(names)
    directly = select(
        entries.c.journal_id, entries.c.seq, entries.c.canonical, entries.c.thing
    ).where(among(c, entries.c.thing, wanted), entries.c.posted)
    by_lots = (
        select(entries.c.journal_id, entries.c.seq, entries.c.canonical, mentioned.c.thing)
        .join_from(
            mentioned,
            entries,
            (entries.c.journal_id == mentioned.c.journal_id) & (entries.c.seq == mentioned.c.seq),
        )
        .where(among(c, mentioned.c.thing, wanted), entries.c.posted)
    )
    said = union_all(directly, by_lots).subquery()
    rows = c.execute(
        select(
            said,
            journals.c.incarnation,
            journals.c.epoch,
            journals.c.branch,
            devices.c.store,
            devices.c.device,
        )
        .join(journals, journals.c.id == said.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant)
    )
    found: dict[str, list[Mention]] = {}
    for row in rows:
        mention = Mention(
            store=row.store,
            device=row.device,
            incarnation=row.incarnation,
            epoch=row.epoch,
            branch=row.branch,
            seq=row.seq,
            entry=Entry.read(bytes(row.canonical)),
        )
        found.setdefault(row.thing, []).append(mention)
    return found


def _mention(device: DeviceRow, journal: JournalRow, entry: Entry) -> Mention:
    return Mention(
        store=device.store,
        device=device.device,
        incarnation=journal.incarnation,
        epoch=journal.epoch,
        branch=journal.branch,
        seq=entry.seq,
        entry=entry,
    )

"""What follows from entries that a journal keeps: worth, rights, sums, and what they bring up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from agent.core.facts import ActivatePoints
from agent.core.instant import rfc3339
from sync.hub.bulk import Part, add_up_all
from sync.hub.decisions import note
from sync.hub.keeping import keep_mentions, thing_finder
from sync.hub.lives import own_of
from sync.hub.marking import marked
from sync.hub.member_days import brought_by
from sync.hub.members import Member, members, read_members
from sync.hub.posting import Posted, post_members
from sync.hub.recalling import hear_returns
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.rights_heard import change_of_rights, rights_of
from sync.hub.said import Said
from sync.hub.settling import settle
from sync.hub.sources import weigh_later_lives
from sync.hub.summing import Sums, members_points, sum_up
from sync.hub.tables import apart, days, visits
from sync.hub.weighing import Weighed, weigh

__all__ = ["Followed", "post_entries"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What followed from entries: the accounts that changed, how much floor was used, and,
    where that is known without asking the database again, the members as they are now: their rows
    are locked.
    """

    accounts: frozenset[str]
    members: Mapping[str, Member] | None
    floor: int


def post_entries(
    c: Connection,
    device: DeviceRow,
    held: JournalRow,
    journals: Sequence[JournalRow],
    said: Sequence[Said],
    *,
    now: datetime,
    touched: Iterable[str] = (),
) -> Followed:
    """Post entries that are kept: worth, rights, the ledger's own sums, and what follows.

    ``journals`` are all of the device. Marks what changed, with ``touched``.
    """
    sums = sum_up(said, now=rfc3339(now))
    weighed = _weighed(c, device, held, journals, said)
    weigh_later_lives(c, device, held, journals, said, weighed)
    rights = change_of_rights(c, held, sums.leases, sums.grants)
    posted = post_members(
        c,
        device.tenant,
        weighed.change,
        rights=rights,
        journal_id=held.id,
        speaks_of=sums.accounts,
    )
    names = _names(posted, touched)
    parts = _beside(device, held, said, weighed, sums, posted, names)
    of_rights = rights_of(held, sums.leases, sums.grants, rights)
    add_up_all(c, [*parts, of_rights, *own_of(journals, held, said)])
    if sums.returns:
        hear_returns(c, device.tenant, held.id, sums.returns)
    for conflict in weighed.conflicts:
        note(c, device.tenant, conflict, now=now)
    locked = read_members(posted.rows.values())
    known = locked | members(c, device.tenant, names - locked.keys())
    new = [each.entry for each in said]
    is_known = not settle(c, device, new, known, now=now) and names <= locked.keys()
    return Followed(accounts=names, members=locked if is_known else None, floor=sums.floor)


def _weighed(
    c: Connection,
    device: DeviceRow,
    held: JournalRow,
    journals: Sequence[JournalRow],
    said: Sequence[Said],
) -> Weighed:
    """Find what activations speak of, and weigh everything."""
    thing_at = thing_finder(c, held, journals, [each.entry for each in said])
    whole = [
        Said.of(each.entry, thing_at) if isinstance(each.entry.fact, ActivatePoints) else each
        for each in said
    ]
    keep_mentions(c, held, whole)
    return weigh(c, device, held, whole, thing_at)


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
    if weighed.apart:
        yield Part(
            table=apart,
            columns=("business_date", "cause", "points"),
            rows=[(day, cause, points) for (day, cause), points in weighed.apart.items()],
            fixed={"journal_id": held.id},
            sums=("points",),
        )
    yield Part(
        table=visits,
        columns=("account", "last_at", "visits"),
        rows=_met(sums),
        fixed={"tenant": device.tenant, "device_id": device.id},
        sums=("visits",),
        largest=("last_at",),
    )


def _met(sums: Sums) -> list[tuple[str, str, int]]:
    """List who came, and with no visit whom else the entries speak of: the device has met them."""
    others = [(account, "", 0) for account in sums.accounts - sums.visits.keys()]
    return others + [(account, at, 1) for account, at in sums.visits.items()]


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

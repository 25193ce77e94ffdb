"""Post what was kept and not posted: entries that a newer version can read, and those of 0.1.

An entry that could not be read is kept with its place in the chain. Posting does not depend on the
order of arrival, so it can be made up for whenever a version comes that reads it.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection, bindparam, select, update

from agent.core.facts import OpenEpoch
from sync.hub.batch import read_entry
from sync.hub.booking import unreadable
from sync.hub.bulk import among
from sync.hub.database import Database
from sync.hub.following import post_entries
from sync.hub.keeping import about
from sync.hub.lives import grow
from sync.hub.registry import DeviceRow, JournalRow, change_journal, device_of, journal, journals_of
from sync.hub.registry import device as device_by_id
from sync.hub.said import Said
from sync.hub.tables import conflicts, entries

__all__ = ["repost"]

_AT_ONCE = 500

_Place = tuple[int, int]
"""Journal and seq."""


def repost(database: Database, *, now: datetime) -> int:
    """Post every entry that waits and can be read by now; answers how many were.

    A transaction for each few hundred, so that devices are booked meanwhile.
    """
    posted, place = 0, _next(database, (0, 0))
    while place is not None:
        count, last = database.transact(partial(_post_some, place=place, now=now))
        posted += count
        place = _next(database, last)
    return posted


def _next(database: Database, after: _Place) -> _Place | None:
    """Find the next entry that waits."""
    journal_id, seq = after
    waiting = select(entries.c.journal_id, entries.c.seq).where(~entries.c.posted)
    in_order = waiting.order_by(entries.c.journal_id, entries.c.seq).limit(1)
    here = in_order.where(entries.c.journal_id == journal_id, entries.c.seq > seq)
    later = in_order.where(entries.c.journal_id > journal_id)
    found = database.read(lambda c: c.execute(here).first() or c.execute(later).first())
    return None if found is None else (found.journal_id, found.seq)


def _post_some(c: Connection, *, place: _Place, now: datetime) -> tuple[int, _Place]:
    """Post some of what waits in one journal, from a place on; answers how many, and the last."""
    device_id = journal(c, place[0]).device_id
    device = device_of(c, device_by_id(c, device_id).address, now=now)
    # Only now: whoever had the device's row meanwhile may have posted some, and heard more of it.
    held = journal(c, place[0])
    rows = c.execute(
        select(entries.c.seq, entries.c.canonical, entries.c.hash)
        .where(entries.c.journal_id == held.id, entries.c.seq >= place[1], ~entries.c.posted)
        .order_by(entries.c.seq)
        .limit(_AT_ONCE)
    ).all()
    if not rows:
        return 0, place
    said = [
        Said.of(entry)
        for row in rows
        if (entry := read_entry(bytes(row.canonical), held.epoch, row.seq)) is not None
    ]
    if said:
        _post(c, device, held, said, now)
    return len(said), (held.id, rows[-1].seq)


def _post(
    c: Connection, device: DeviceRow, held: JournalRow, said: list[Said], now: datetime
) -> None:
    """Post entries of one journal and close what was noted of them."""
    touched: set[str] = set()
    first = said[0].entry
    if first.seq == 1 and isinstance(first.fact, OpenEpoch):
        touched = grow(c, device, held, first.fact)
        held = journal(c, held.id)
    c.execute(
        update(entries)
        .where(entries.c.journal_id == held.id, entries.c.seq == bindparam("place"))
        .values(posted=True, thing=bindparam("what"), account=bindparam("whose")),
        [
            {"place": each.entry.seq, "what": what, "whose": whose}
            for each in said
            for what, whose in (about(each),)
        ],
    )
    journals = journals_of(c, device)
    posted = post_entries(c, device, held, journals, said, now=now, touched=touched)
    change_journal(c, held.id, floor=held.floor + posted.floor)
    readable = [unreadable(device, held, each.entry.seq).subject for each in said]
    c.execute(
        update(conflicts)
        .where(conflicts.c.tenant == device.tenant, conflicts.c.kind == "unreadable")
        .where(among(c, conflicts.c.subject, readable))
        .values(state="resolved")
    )

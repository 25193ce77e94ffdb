"""What was said to a device and may have been lost on the way: grants, and how much floor it has.

A device shows that it has taken a grant by journaling it. One that is there and has not is told
again, some seconds later, until it has. Of its floor it shows nothing, so that is said twice, and
again whenever the device greets. Whoever is not there is told when it greets.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from agent.core.instant import rfc3339
from sync.hub.bulk import add_up
from sync.hub.notices import Notice
from sync.hub.presence import is_online
from sync.hub.registry import DeviceRow
from sync.hub.roster import LIVE
from sync.hub.tables import devices, journals, rights
from sync.hub.terms import generation_of
from sync.messages import Allowance, Grant

__all__ = ["floors_due", "grants_due"]

_SAID_AGAIN_AFTER = timedelta(seconds=5)
_MOST = 1_000


def grants_due(c: Connection, *, now: datetime) -> list[Notice]:
    """Say again what was granted some seconds ago and is not known to be journaled, to devices that
    are there; a thousand at most, those first that wait longest. The others are not looked at again
    before something is granted to them, or they greet.
    """
    said = c.execute(
        select(rights.c.journal_id, rights.c.account, rights.c.granted, rights.c.journaled)
        .where(rights.c.said_at <= rfc3339(now - _SAID_AGAIN_AFTER))
        .order_by(rights.c.said_at)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    ).all()
    there = _there(c, {row.journal_id for row in said if row.granted > row.journaled}, now)
    waiting = [row for row in said if row.granted > row.journaled and row.journal_id in there]
    open_until_heard = {(row.journal_id, row.account) for row in waiting}
    keys = [(row.journal_id, row.account) for row in said]
    _note(c, [key for key in keys if key in open_until_heard], rfc3339(now))
    _note(c, [key for key in keys if key not in open_until_heard], None)
    generation = generation_of(c) if waiting else 0
    return [
        (
            DeviceRow.of(there[row.journal_id]),
            Grant(
                epoch=there[row.journal_id].epoch,
                account=row.account,
                granted_total=row.granted,
                generation=generation,
            ),
        )
        for row in waiting
    ]


def floors_due(c: Connection, *, now: datetime) -> list[Notice]:
    """Say once more how much floor devices have that was raised some seconds ago."""
    said = c.execute(
        select(journals.c.id, journals.c.allowance)
        .where(journals.c.floor_said_at <= rfc3339(now - _SAID_AGAIN_AFTER))
        .order_by(journals.c.floor_said_at)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    ).all()
    if not said:
        return []
    there = _there(c, {row.id for row in said}, now)
    c.execute(
        update(journals)
        .where(journals.c.id.in_([row.id for row in said]))
        .values(floor_said_at=None)
    )
    generation = generation_of(c)
    return [
        (
            DeviceRow.of(there[row.id]),
            Allowance(epoch=there[row.id].epoch, floor_total=row.allowance, generation=generation),
        )
        for row in said
        if row.id in there
    ]


def _there(c: Connection, journal_ids: Iterable[int], now: datetime) -> dict[int, Row[Any]]:
    """Answer the devices that are there to hear of their live epochs, by these epochs' journals."""
    wanted = sorted(journal_ids)
    if not wanted:
        return {}
    found = c.execute(
        select(devices, journals.c.epoch).join(journals, LIVE).where(journals.c.id.in_(wanted))
    )
    return {
        row.journal_id: row for row in found if is_online(row.presence, row.last_seen_at, now=now)
    }


def _note(c: Connection, keys: list[tuple[int, str]], said_at: str | None) -> None:
    """Note when these were said last, or that they need not be said again."""
    if said_at is not None:
        rows = [(journal_id, account, said_at) for journal_id, account in keys]
        add_up(
            c,
            rights,
            ("journal_id", "account", "said_at"),
            rows,
            fixed={},
            largest=("said_at",),
        )
        return
    for journal_id in sorted({journal_id for journal_id, _ in keys}):
        accounts = [account for each, account in keys if each == journal_id]
        c.execute(
            update(rights)
            .where(rights.c.journal_id == journal_id, rights.c.account.in_(accounts))
            .values(said_at=None)
        )

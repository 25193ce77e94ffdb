"""Recalls: head office asks a device to return rights, under a number that is answered once.

Rights come back only by the LEASE_RETURN that is booked: booking credits them, and this module
notes which number that answers. A recall is said again until then, never counted as answered by
any clock.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from agent.core.instant import rfc3339
from sync.hub.lease_policy import Take
from sync.hub.notices import Notice
from sync.hub.presence import is_online
from sync.hub.registry import DeviceRow
from sync.hub.roster import LIVE
from sync.hub.tables import devices, journals, recalls, rights
from sync.hub.terms import generation_of
from sync.messages import Grant, Recall

__all__ = ["hear_returns", "number_recall", "recalls_due", "recalls_of"]

_SAID_AGAIN_AFTER = timedelta(seconds=5)
_MOST = 1_000
_NEVER = -1

_NUMBERS_A_GENERATION = 100
"""A head office that was restored has forgotten its newest numbers. It goes on above all of them,
because a device answers no number twice: a generation is a second, and nobody is asked for one
member's rights a hundred times in each."""


def _open() -> Any:
    columns = (recalls.c.account, recalls.c.recall, recalls.c.keep, recalls.c.asked_at)
    its_right = (rights.c.journal_id == recalls.c.journal_id) & (
        rights.c.account == recalls.c.account
    )
    return (
        select(devices, journals.c.epoch, *columns, rights.c.granted, rights.c.journaled)
        .select_from(recalls)
        .join(journals, journals.c.id == recalls.c.journal_id)
        .join(devices, LIVE)
        .outerjoin(rights, its_right)
        .where(recalls.c.answered_points.is_(None))
    )


# Asked by the second: to make a statement costs more than to run it.
_GIVE_UP = (
    update(recalls)
    .where(
        recalls.c.answered_points.is_(None),
        recalls.c.asked_at <= bindparam("before"),
        recalls.c.journal_id.in_(select(journals.c.id).where(journals.c.fenced.is_not(None))),
    )
    .values(answered_points=_NEVER)
)
_UNANSWERED = (
    _open()
    .where(recalls.c.asked_at <= bindparam("before"))
    .order_by(recalls.c.asked_at)
    .limit(_MOST)
)
_UNANSWERED_BY = _open().where(devices.c.id == bindparam("device_id")).limit(_MOST)


def number_recall(c: Connection, tenant: str, take: Take, *, now: datetime) -> int:
    """Write a recall down and answer its number. The member's root account is locked."""
    of_account = (recalls.c.tenant == tenant, recalls.c.account == take.account)
    newest = c.execute(select(func.max(recalls.c.recall)).where(*of_account)).scalar() or 0
    number = max(newest, generation_of(c) * _NUMBERS_A_GENERATION) + 1
    c.execute(
        delete(recalls).where(
            *of_account,
            recalls.c.journal_id == take.life.journal_id,
            recalls.c.answered_points.is_not(None),
        )
    )
    c.execute(
        insert(recalls).values(
            tenant=tenant,
            account=take.account,
            recall=number,
            journal_id=take.life.journal_id,
            keep=take.keep,
            asked_at=rfc3339(now),
        )
    )
    return number


def hear_returns(
    c: Connection, tenant: str, journal_id: int, returns: Iterable[tuple[str, int, int]]
) -> None:
    """Note which recalls LEASE_RETURN entries answer: account, number, points. The first counts;
    a return that answers no recall has number 0.
    """
    for account, number, points in returns:
        c.execute(
            update(recalls)
            .where(
                recalls.c.tenant == tenant,
                recalls.c.account == account,
                recalls.c.recall == number,
                recalls.c.journal_id == journal_id,
                recalls.c.answered_points.is_(None),
            )
            .values(answered_points=points)
        )


def recalls_of(c: Connection, device: DeviceRow) -> list[Notice]:
    """Say again what was recalled from the live epoch of one device and is not answered."""
    rows = c.execute(_UNANSWERED_BY, {"device_id": device.id}).all()
    return list(_said(rows, generation_of(c)))


def recalls_due(c: Connection, *, now: datetime) -> list[Notice]:
    """Say again what was recalled some seconds ago, to devices that are there to hear it. Nobody
    waits for an epoch that has ended: its number stays taken, and is not said again.
    """
    before = rfc3339(now - _SAID_AGAIN_AFTER)
    c.execute(_GIVE_UP, {"before": before})
    rows = c.execute(_UNANSWERED, {"before": before}).all()
    for row in rows:
        c.execute(
            update(recalls)
            .where(
                recalls.c.tenant == row.tenant,
                recalls.c.account == row.account,
                recalls.c.recall == row.recall,
            )
            .values(asked_at=rfc3339(now))
        )
    there = [row for row in rows if is_online(row.presence, row.last_seen_at, now=now)]
    return list(_said(there, generation_of(c)))


def _said(rows: Iterable[Row[Any]], generation: int) -> Iterator[Notice]:
    """Name the grant once more where the device is not known to have taken it: it can only return
    what it has.
    """
    for row in rows:
        device = DeviceRow.of(row)
        if row.granted is not None and row.granted > row.journaled:
            yield (
                device,
                Grant(
                    epoch=row.epoch,
                    account=row.account,
                    granted_total=row.granted,
                    generation=generation,
                ),
            )
        yield (
            device,
            Recall(
                epoch=row.epoch,
                account=row.account,
                recall=row.recall,
                keep=row.keep,
                generation=generation,
            ),
        )

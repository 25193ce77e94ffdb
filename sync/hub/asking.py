"""Asks: a member stands at a till, and their points are not there.

Everything that no device has rights to is granted at once. What other devices hold is recalled at
once; if one that is connected holds some, the ask waits for its return, and the booking of that
return answers it. An answer always goes out, with the reason where it cannot be more.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select

from agent.core.instant import rfc3339
from sync.hub.database import upsert
from sync.hub.excuses import NOT_IN_TIME, NOT_OPEN, UNKNOWN
from sync.hub.granting import rebalance
from sync.hub.notices import Notice
from sync.hub.registry import DeviceRow
from sync.hub.roster import LIVE
from sync.hub.tables import ROOT, accounts, asks, devices, journals, rights
from sync.hub.terms import generation_of, terms_of
from sync.messages import Ask, Grant

__all__ = ["answer_ask", "asks_over"]

# Asked by the second: to make a statement costs more than to run it.
_OVER = (
    delete(asks)
    .where(asks.c.expires_at <= bindparam("now"))
    .returning(asks.c.ask, asks.c.account, asks.c.device_id)
)

_GOOD_FOR = timedelta(seconds=5)
"""The till itself stops waiting sooner; the member is still there, and the till may ask again."""


def answer_ask(c: Connection, device: DeviceRow, ask: Ask, *, now: datetime) -> list[Notice]:
    """Grant a till what there is and recall what it lacks; a repeated ask is answered anew."""
    if _live_epoch(c, device) != ask.epoch:
        return [_refusal(c, device, ask, NOT_OPEN)]
    root = c.execute(
        select(ROOT).where(accounts.c.tenant == device.tenant, accounts.c.account == ask.account)
    ).scalar()
    if root is None:
        return [_refusal(c, device, ask, UNKNOWN)]
    row = {
        "tenant": device.tenant,
        "ask": ask.ask,
        "account": root,
        "device_id": device.id,
        "points": ask.points,
        "expires_at": rfc3339(now + _GOOD_FOR),
    }
    c.execute(upsert(c, asks).values(row).on_conflict_do_nothing())
    return rebalance(c, device.tenant, [root], terms=terms_of(c, device.tenant, now=now), now=now)


def asks_over(c: Connection, *, now: datetime) -> list[Notice]:
    """Answer the asks for which nothing came back in time, and strike them off."""
    over = c.execute(_OVER, {"now": rfc3339(now)}).all()
    return [notice for row in over for notice in _too_late(c, row.ask, row.account, row.device_id)]


def _too_late(c: Connection, ask: str, account: str, device_id: int) -> list[Notice]:
    found = c.execute(
        select(devices, journals.c.epoch, func.coalesce(rights.c.granted, 0).label("granted"))
        .select_from(devices)
        .join(journals, LIVE)
        .outerjoin(rights, (rights.c.journal_id == journals.c.id) & (rights.c.account == account))
        .where(devices.c.id == device_id)
    ).one_or_none()
    if found is None:
        return []
    grant = Grant(
        epoch=found.epoch,
        account=account,
        granted_total=found.granted,
        generation=generation_of(c),
        ask=ask,
        why=NOT_IN_TIME,
    )
    return [(DeviceRow.of(found), grant)]


def _live_epoch(c: Connection, device: DeviceRow) -> int | None:
    live = select(journals.c.epoch).join(devices, LIVE).where(devices.c.id == device.id)
    return c.execute(live).scalar()


def _refusal(c: Connection, device: DeviceRow, ask: Ask, why: str) -> Notice:
    grant = Grant(
        epoch=ask.epoch,
        account=ask.account,
        granted_total=0,
        generation=generation_of(c),
        ask=ask.ask,
        why=why,
    )
    return device, grant

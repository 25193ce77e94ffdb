"""The call about reconciliation: both sides of every store and day, and why they differ.

A device's side is what it wrote: the chain proves that head office holds the very same bytes up to
the place both name, and what the device has beyond it is said as a number of entries. Head office's
side is what became of those entries' points. Where the two differ, it is said by what: a conflict,
or what is no mistake at all, as a return at another store, of which that store cannot know what
points the sale gave.
"""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection, func, select

from agent.core.instant import BusinessDate
from agent.core.values import Value
from sync.hub import tables
from sync.hub.api.desk import Desk
from sync.hub.api.differing_days import differing_days, sums_of_days
from sync.hub.api.places import DeviceView, EpochView, devices_of
from sync.hub.api.problems import answers

__all__ = ["Reconciliation", "add_reconciliation", "reconcile"]

_MOST_DAYS = 3_660


class ChainView(Value):
    """How one device's journal and head office's copy of it end."""

    store: str
    device: str
    epoch: int
    held_seq: int
    """The newest entry that head office holds of the live epoch."""
    held_hash: str
    said_epoch: int | None
    """The epoch that the device was in when it last said how it is; null where it never did."""
    said_seq: int | None
    """Its own newest entry then. That both copies are the same up to there is compared by their
    hashes at each greeting and acknowledgement: a chain that is not is a conflict.
    """
    missing: int | None
    """Entries of this epoch that head office lacks of those that the device had when it last said
    how it is; null where it never did.
    """
    missing_of_others: int | None
    """Entries of its other epochs that it did not know to be held here then."""
    online: bool
    """Whether the device is connected; what one that is not has written since, nobody here knows.
    """


class DayView(Value):
    """One business date of one store, on both sides. Points are whole points of all members."""

    store: str
    business_date: str
    """The day, as the POS said it; empty of entries before any POS had said one."""
    entries: int
    written: int
    """What the store's entries move, as the store wrote them."""
    posted: int
    """What head office made of them."""
    difference: int
    """`posted - written`."""


class Reconciliation(Value):
    """Both sides of everything, as one picture of the database shows it."""

    chains: tuple[ChainView, ...]
    days: tuple[DayView, ...]
    """The newest first."""
    more: bool
    """Whether there are older days than fit in one answer: ask for them by `until`."""
    differences: tuple[str, ...]
    """Every difference, in plain words, of days that are not listed, too; empty where both sides
    agree.
    """
    to_look_at: tuple[str, ...]
    """Those of the differences that are not just as they should be: a return at another store makes
    two sides differ without anybody's mistake, and is not among these.
    """


def add_reconciliation(routes: APIRouter, desk: Desk) -> None:
    """Add the route."""

    @routes.get("/v1/reconciliation", responses=answers(409))
    def reconciliation(
        since: Annotated[BusinessDate | None, Query(description="The first business date.")] = None,
        until: Annotated[BusinessDate | None, Query(description="The last business date.")] = None,
    ) -> Reconciliation:
        """Compare both sides of every store and business date."""
        if since is not None and until is not None and until < since:
            told = "write the day of since, or a later one"
            raise RequestValidationError(
                [{"loc": ("query", "until"), "msg": told, "type": "value_error"}]
            )
        return desk.read(lambda c, tenant: reconcile(c, tenant, since, until, now=desk.now()))


def reconcile(
    c: Connection,
    tenant: str,
    since: date | None = None,
    until: date | None = None,
    *,
    now: datetime,
) -> Reconciliation:
    """Read both sides. Costs a row for each device and day that is asked for."""
    devices = devices_of(c, tenant, now=now)
    asked = sums_of_days(tenant, since, until)
    days = tuple(_day(row) for row in c.execute(asked.limit(_MOST_DAYS + 1)))
    differing = differing_days(c, tenant, since, until)
    found = (*_of_chains(devices), *_unreadable(c, tenant))
    return Reconciliation(
        chains=tuple(chain for each in devices for chain in _chain(each)),
        days=days[:_MOST_DAYS],
        more=len(days) > _MOST_DAYS,
        differences=(*found, *(each.text for each in differing)),
        to_look_at=(*found, *(each.text for each in differing if not each.is_expected)),
    )


def _day(row: Any) -> DayView:
    return DayView(
        store=row.store,
        business_date=row.business_date,
        entries=int(row.entries),
        written=int(row.written),
        posted=int(row.posted),
        difference=int(row.posted) - int(row.written),
    )


def _chain(device: DeviceView) -> list[ChainView]:
    live = _live(device)
    if live is None:
        return []
    return [
        ChainView(
            store=device.store,
            device=device.device,
            epoch=live.epoch,
            held_seq=live.seq,
            held_hash=live.hash,
            said_epoch=device.said_epoch,
            said_seq=device.said_seq,
            missing=None if device.lag is None else _missing(device, live),
            missing_of_others=None if device.lag is None else _missing_of_others(device, live),
            online=device.online,
        )
    ]


def _live(device: DeviceView) -> EpochView | None:
    live = [epoch for epoch in device.epochs if epoch.fenced is None and epoch.branch == 0]
    return live[-1] if live else None


def _missing(device: DeviceView, live: EpochView | None) -> int:
    """Count what is not here of what a device had of its live epoch: it says so now and then, and
    sends meanwhile.
    """
    if live is None or device.said_seq is None or device.said_epoch != live.epoch:
        return 0
    return min(device.lag or 0, max(0, device.said_seq - live.seq))


def _missing_of_others(device: DeviceView, live: EpochView | None) -> int:
    """Count what was not here of other epochs than that, when the device last said how it is. Of a
    device that was retired nothing is waited for any more.
    """
    if device.state == "retired":
        return 0
    if live is None or device.said_seq is None or device.said_epoch != live.epoch:
        return device.lag or 0
    return max(0, (device.lag or 0) - device.said_seq + (device.said_acknowledged_seq or 0))


def _of_chains(devices: list[DeviceView]) -> list[str]:
    found = []
    for device in devices:
        live = _live(device)
        had = f"{device.store}/{device.device}{'' if device.online else ' is not connected, and'}"
        if live is not None and (missing := _missing(device, live)):
            place = f"{live.epoch}:{live.seq}"
            found.append(f"{had} had {missing} entries after {place} that are not here yet")
        if missing := _missing_of_others(device, live):
            found.append(
                f"{had} had {missing} entries of other epochs that were not here when it last "
                "said how it is"
            )
        if device.state == "halted":
            found.append(f"{device.store}/{device.device} is halted: {device.halted_because}")
        found += [
            f"{device.store}/{device.device}: a copy of the disk went on as another end of epoch "
            f"{epoch.epoch}; its entries up to {epoch.seq} are booked beside the first"
            for epoch in device.epochs
            if epoch.branch
        ]
        found += [
            f"{device.store}/{device.device}: epoch {epoch.epoch} ended {epoch.fenced}"
            f" ({epoch.fenced_because}); {epoch.leased} points wait for an operator"
            for epoch in device.epochs
            if epoch.fenced == "unclean" and epoch.leased
        ]
    return found


def _unreadable(c: Connection, tenant: str) -> list[str]:
    """Say of which devices entries are kept that this version does not understand."""
    entries, journals, devices = tables.entries, tables.journals, tables.devices
    waiting = (
        select(devices.c.store, devices.c.device, func.count())
        .select_from(entries)
        .join(journals, journals.c.id == entries.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant, ~entries.c.posted)
        .group_by(devices.c.store, devices.c.device)
        .order_by(devices.c.store, devices.c.device)
    )
    return [
        f"{store}/{device}: {count} entries of a newer version are kept, and posted once head "
        "office is brought forward"
        for store, device, count in c.execute(waiting)
    ]

"""The calls about stores and their devices: who was heard when, and how much of each is held."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from sqlalchemy import Connection, func, select

from agent.core.values import Value
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.presence import is_online
from sync.hub.retiring import release, retire, write_off_ended

__all__ = ["DeviceView", "EpochView", "StoreView", "add_places", "devices_of", "stores_of"]


class EpochView(Value):
    """One epoch of one disk's life, as far as head office holds it."""

    incarnation: str
    epoch: int
    branch: int
    """0, or which other end of it: its disk was copied, or set back."""
    seq: int
    hash: str
    fenced: str | None
    """`clean` or `unclean` where it was ended; null while it may grow."""
    fenced_because: str | None
    leased: int
    """Points that its device may still spend; of an unclean one they wait for an operator."""
    floor: int
    """Points that were redeemed beyond rights."""


class DeviceView(Value):
    """A device, as head office knows it."""

    id: int
    store: str
    device: str
    state: str
    """`new`, `live`, `halted` until a person looked, or `retired`."""
    halted_because: str | None
    online: bool
    """It said that it is connected, and was heard of within ten minutes."""
    version: str | None
    last_seen_at: str | None
    said_epoch: int | None
    """The epoch that the device was in when it last said how it is; null where it said nothing."""
    said_seq: int | None
    """Its newest entry then."""
    said_acknowledged_seq: int | None
    """How far it knew that epoch to be held here."""
    lag: int | None
    """Entries of all its epochs that it did not know to be held here then; null where it said
    nothing.
    """
    leased: int
    """Points of all members that this device may still spend without asking."""
    epochs: tuple[EpochView, ...]


class StoreView(Value):
    """A store: its devices together."""

    store: str
    devices: int
    online: int
    last_seen_at: str | None
    entries: int
    """Entries that head office holds of it."""
    leased: int
    conflicts: int
    """Conflicts in which it is named."""


def add_places(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.get("/v1/stores", responses=answers(409))
    def stores() -> list[StoreView]:
        """List the stores."""
        return desk.read(lambda c, tenant: stores_of(c, tenant, now=desk.now()))

    @routes.get("/v1/devices", responses=answers(409))
    def devices() -> list[DeviceView]:
        """List the devices, with every epoch that was heard of."""
        return desk.read(lambda c, tenant: devices_of(c, tenant, now=desk.now()))

    @routes.post("/v1/devices/{device_id}/retire", responses=answers(404, 409))
    def retired(
        device_id: Annotated[int, Path(ge=1)], clerk: Annotated[str, Depends(access.clerk)]
    ) -> DeviceView:
        """Write off what a device that will not come back had rights to; it may speak no more."""
        return _decided(desk, device_id, partial(retire, by=clerk, now=desk.now()))

    @routes.post("/v1/devices/{device_id}/release", responses=answers(404, 409))
    def released(device_id: Annotated[int, Path(ge=1)]) -> DeviceView:
        """Let a device that was halted go on, once somebody has looked at it."""
        return _decided(desk, device_id, _release)

    @routes.post("/v1/devices/{device_id}/write-off", responses=answers(404, 409))
    def written_off(
        device_id: Annotated[int, Path(ge=1)], clerk: Annotated[str, Depends(access.clerk)]
    ) -> DeviceView:
        """Write off what a device's ended epochs had rights to; its live one keeps its own."""
        return _decided(desk, device_id, partial(write_off_ended, by=clerk, now=desk.now()))


def _release(c: Connection, tenant: str, device_id: int) -> None:
    known = tables.devices
    state = select(known.c.state).where(known.c.tenant == tenant, known.c.id == device_id)
    if c.execute(state).scalar_one() == "retired":
        advice = "it may begin anew under another name, with an empty ledger"
        raise HubRefusal("device_retired", f"a retired device does not come back; {advice}")
    release(c, tenant, device_id)


def _decided(
    desk: Desk, device_id: int, decide: Callable[[Connection, str, int], object]
) -> DeviceView:
    """Carry out what a clerk decided about a device; answers how it stands. Raises HubRefusal."""
    now = desk.now()

    def work(c: Connection, tenant: str) -> DeviceView:
        if _one(devices_of(c, tenant, now=now), device_id) is None:
            raise HubRefusal("unknown_device", "no device has this id; GET /v1/devices lists them")
        decide(c, tenant, device_id)
        found = _one(devices_of(c, tenant, now=now), device_id)
        assert found is not None, "a device stays known"  # noqa: S101
        return found

    return desk.write(work)


def devices_of(c: Connection, tenant: str, *, now: datetime) -> list[DeviceView]:
    """Read every device with its epochs: three queries, whatever their number."""
    devices, journals, rights = tables.devices, tables.journals, tables.rights
    sums = (
        select(rights.c.journal_id, func.sum(rights.c.granted + rights.c.change).label("left"))
        .join(journals, journals.c.id == rights.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant)
        .group_by(rights.c.journal_id)
    )
    leased = {row.journal_id: int(row.left) for row in c.execute(sums)}
    epochs: dict[int, list[EpochView]] = {}
    of_tenant = (
        select(journals)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(devices.c.tenant == tenant)
        .order_by(journals.c.epoch, journals.c.branch)
    )
    for row in c.execute(of_tenant):
        view = _epoch(row, leased.get(row.id, 0))
        epochs.setdefault(row.device_id, []).append(view)
    known = select(devices).where(devices.c.tenant == tenant)
    ordered = known.order_by(devices.c.store, devices.c.device)
    return [_device(row, epochs.get(row.id, []), now) for row in c.execute(ordered)]


def stores_of(c: Connection, tenant: str, *, now: datetime) -> list[StoreView]:
    """Read every store."""
    conflicts = tables.conflicts
    counted = (
        select(conflicts.c.store, func.count().label("many"))
        .where(conflicts.c.tenant == tenant, conflicts.c.store.is_not(None))
        .group_by(conflicts.c.store)
    )
    named = {row.store: int(row.many) for row in c.execute(counted)}
    by_store: dict[str, list[DeviceView]] = {}
    for device in devices_of(c, tenant, now=now):
        by_store.setdefault(device.store, []).append(device)
    return [
        StoreView(
            store=store,
            devices=len(devices),
            online=sum(each.online for each in devices),
            last_seen_at=max((each.last_seen_at or "" for each in devices), default="") or None,
            entries=sum(epoch.seq for each in devices for epoch in each.epochs),
            leased=sum(each.leased for each in devices),
            conflicts=named.get(store, 0),
        )
        for store, devices in by_store.items()
    ]


def _epoch(row: Any, leased: int) -> EpochView:
    return EpochView(
        incarnation=row.incarnation,
        epoch=row.epoch,
        branch=row.branch,
        seq=row.seq,
        hash=bytes(row.hash).hex(),
        fenced=row.fenced,
        fenced_because=row.fenced_because,
        leased=0 if row.written_off else leased,
        floor=row.floor,
    )


def _device(row: Any, epochs: list[EpochView], now: datetime) -> DeviceView:
    presence = json.loads(row.presence) if row.presence else {}
    return DeviceView(
        id=row.id,
        store=row.store,
        device=row.device,
        state=row.state,
        halted_because=row.halted_because,
        online=is_online(row.presence, row.last_seen_at, now=now),
        version=row.version,
        last_seen_at=row.last_seen_at,
        said_epoch=presence.get("epoch"),
        said_seq=presence.get("head_seq"),
        said_acknowledged_seq=presence.get("acknowledged_seq"),
        lag=presence.get("lag"),
        leased=sum(epoch.leased for epoch in epochs),
        epochs=tuple(epochs),
    )


def _one(devices: list[DeviceView], device_id: int) -> DeviceView | None:
    return next((each for each in devices if each.id == device_id), None)

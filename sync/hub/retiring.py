"""What a person decides about a device: it will not come back, it goes on, or what it lost is lost.

Rights that an ended epoch had wait for such a word, as nobody can see from here what was spent of
them. What may have been spent without telling stands against them if it ever is heard: head office
posts it, and the member owes it.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from sync.hub import fencing, tables
from sync.hub.homecoming import write_off
from sync.hub.registry import DeviceRow, change_device

__all__ = ["release", "retire", "write_off_ended"]


def retire(c: Connection, tenant: str, device_id: int, *, by: str, now: datetime) -> int:
    """Shut a device out and write off its rights; answers how many points came back.

    Asked again, it answers 0.
    """
    device = _locked(c, tenant, device_id)
    because = f"retired by {by}"
    fencing.retire(c, device, because)
    change_device(c, device.id, halted_because=because)
    return _write_off(c, device, by, now=now, only_ended=False)


def release(c: Connection, tenant: str, device_id: int) -> bool:
    """Let a device that was halted go on, once somebody has looked; answers whether it was."""
    return fencing.release(c, _locked(c, tenant, device_id))


def write_off_ended(c: Connection, tenant: str, device_id: int, *, by: str, now: datetime) -> int:
    """Write off what a device's ended epochs had rights to, and leave it its live one; answers how
    many points came back.
    """
    return _write_off(c, _locked(c, tenant, device_id), by, now=now, only_ended=True)


def _locked(c: Connection, tenant: str, device_id: int) -> DeviceRow:
    devices = tables.devices
    of_tenant = select(devices).where(devices.c.tenant == tenant, devices.c.id == device_id)
    return DeviceRow.of(c.execute(of_tenant.with_for_update()).one())


def _write_off(
    c: Connection, device: DeviceRow, by: str, *, now: datetime, only_ended: bool
) -> int:
    journals = tables.journals
    its = select(journals.c.id).where(
        journals.c.device_id == device.id, journals.c.written_off.is_(False)
    )
    if only_ended:
        its = its.where(journals.c.fenced.is_not(None))
    ids = c.execute(its.order_by(journals.c.id)).scalars().all()
    return sum(write_off(c, each, by, now=now) for each in ids)

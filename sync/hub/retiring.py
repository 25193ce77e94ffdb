"""Retiring: a device that will not come back; what it had rights to is written off by a person."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from sync.hub import tables
from sync.hub.homecoming import write_off

__all__ = ["retire"]


def retire(c: Connection, tenant: str, device_id: int, *, by: str, now: datetime) -> int:
    """Shut a device out and write off its rights; answers how many points came back.

    What it may have spent without telling stands against them if it ever is heard: head office
    posts it, and the member owes it. Asked again, it answers 0.
    """
    devices, journals = tables.devices, tables.journals
    c.execute(
        update(devices)
        .where(devices.c.tenant == tenant, devices.c.id == device_id)
        .values(state="retired", halted_because=f"retired by {by}")
    )
    of_device = select(journals.c.id).where(
        journals.c.device_id == device_id, journals.c.written_off.is_(False)
    )
    ids = c.execute(of_device.order_by(journals.c.id)).scalars().all()
    return sum(write_off(c, each, by, now=now) for each in ids)

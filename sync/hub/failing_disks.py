"""Disks that fail again and again: from when on head office calls for a person, once a day.

What befalls a disk is a row for a clerk, kept for ever and told to every store. A box in a crash
loop on a disk that forgets would make one each minute. So after some of them within a day there is
one more row, which stays open until somebody has looked.

Such a box is welcomed all the same. A halted one sends nothing, and what it sold until its disk
failed again would be lost.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from agent.core.instant import rfc3339
from sync.hub.registry import DeviceRow
from sync.hub.tables import conflicts

__all__ = ["MOST_A_DAY", "fails_often"]

MOST_A_DAY = 20
"""No disk is changed more often than this within a day, nor a box set up that is being tried."""

_DAY = timedelta(days=1)


def fails_often(c: Connection, device: DeviceRow, *, now: datetime) -> bool:
    """Say whether as many rows of this device's disk as a day may have were written within one."""
    found = select(func.count()).where(
        conflicts.c.tenant == device.tenant,
        conflicts.c.found_at > rfc3339(now - _DAY),
        conflicts.c.kind.in_(("disk_lost", "disk_restored")),
        conflicts.c.store == device.store,
        conflicts.c.device == device.device,
    )
    return int(c.execute(found).scalar_one()) >= MOST_A_DAY

"""By which keys a device signs: pinned when it is welcomed, one for each life of its disk.

A ledger that comes back on a new disk comes with a new key, and is welcomed with it. What the old
disk still had under way was signed by the old key, and stays good.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from sync.hub.database import upsert
from sync.hub.registry import DeviceRow
from sync.hub.tables import device_keys

__all__ = ["keys_of", "pin_key"]


def keys_of(c: Connection, device: DeviceRow, incarnation: str) -> Iterator[str]:
    """Answer the keys that may sign entries of one life: the device's present one, which also signs
    what a newer life still offers of it, and then the life's own, which is seldom needed.
    """
    if device.public_key is not None:
        yield device.public_key
    found = c.execute(
        select(device_keys.c.public_key).filter_by(device_id=device.id, incarnation=incarnation)
    )
    own = found.scalar_one_or_none()  # None where that life was never welcomed
    if own is not None:
        yield own


def pin_key(c: Connection, device: DeviceRow, incarnation: str, key: str) -> None:
    """Hold a life of a device's disk to its key from now on."""
    row = {"device_id": device.id, "incarnation": incarnation, "public_key": key}
    c.execute(upsert(c, device_keys).on_conflict_do_nothing(), row)

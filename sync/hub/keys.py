"""By which keys a device signs: pinned when it is welcomed, one for each life of its disk.

A ledger that comes back on a new disk comes with a new key, and is welcomed with it. What the old
disk still had under way was signed by the old key, and stays good.
"""

from sqlalchemy import Connection, select

from sync.hub.database import upsert
from sync.hub.registry import DeviceRow, change_device
from sync.hub.tables import device_keys

__all__ = ["key_of", "keys_of", "pin_key"]


_KEPT = "keys, by device and life"
_MOST_KEPT = 20_000


def key_of(c: Connection, device: DeviceRow, incarnation: str) -> str | None:
    """Answer the key of one life of a device's disk; None where it was never welcomed.

    A key that was pinned stays, so it is read once a connection.
    """
    kept: dict[tuple[int, str], str] = c.info.setdefault(_KEPT, {})
    life = (device.id, incarnation)
    if life not in kept:
        found = c.execute(
            select(device_keys.c.public_key).filter_by(device_id=device.id, incarnation=incarnation)
        ).scalar_one_or_none()
        if found is None:
            return None
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[life] = found
    return kept[life]


def keys_of(c: Connection, device: DeviceRow, incarnation: str) -> frozenset[str]:
    """Answer the keys that may sign entries of one life: its own, and the device's present one,
    which signs what a newer life still offers of it.
    """
    keys = (device.public_key, key_of(c, device, incarnation))
    return frozenset(key for key in keys if key is not None)


def pin_key(c: Connection, device: DeviceRow, incarnation: str, key: str) -> None:
    """Hold a life of a device's disk to its key from now on."""
    row = {"device_id": device.id, "incarnation": incarnation, "public_key": key}
    c.execute(upsert(c, device_keys).values(**row).on_conflict_do_nothing())
    change_device(c, device.id, public_key=key)

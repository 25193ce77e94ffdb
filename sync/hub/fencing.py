"""How epochs begin to count, and end; how a device is stopped, and goes on.

An epoch counts from when its opening was heard until it is fenced. After a fence its entries are
still taken, and nothing is granted to it. After an unclean one nobody can say what was spent, so
the rights it had stay where they are until a person writes them off.
"""

from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import Connection, update

from sync.hub.registry import DeviceRow, JournalRow, change_device, change_journal
from sync.hub.tables import conflicts

__all__ = ["begin_to_count", "end_live", "halt", "release", "retire"]

_LONGEST = 300


def begin_to_count(c: Connection, device: DeviceRow, journal: JournalRow) -> DeviceRow | None:
    """The opening of an epoch was heard: it counts, if it is the one that was offered last.

    Answers the device as it is then; None where another epoch was offered since, or a person has
    said otherwise.
    """
    offered = (device.welcomed_incarnation, device.welcomed_epoch)
    if device.state == "live" and offered == (journal.incarnation, journal.epoch):
        change_device(c, device.id, journal_id=journal.id, challenge=None, **_NO_OFFER)
        return replace(device, journal_id=journal.id, challenge=None, **_NO_OFFER)
    why = "it was opened after the device had been offered another epoch"
    change_journal(c, journal.id, fenced="unclean", fenced_because=why)
    return None


def end_live(
    c: Connection, device: DeviceRow, how: Literal["clean", "unclean"], because: str
) -> None:
    """Fence the epoch that counts, if there is one."""
    if device.journal_id is not None:
        change_journal(c, device.journal_id, fenced=how, fenced_because=because[:_LONGEST])
        change_device(c, device.id, journal_id=None)


def halt(c: Connection, device: DeviceRow, because: str) -> None:
    """Stop a device until a person has looked. What it has sent is kept."""
    end_live(c, device, "unclean", because)
    text = because[:_LONGEST]
    change_device(c, device.id, state="halted", halted_because=text, challenge=None, **_NO_OFFER)


def release(c: Connection, device: DeviceRow) -> bool:
    """A person has looked: the device that greets next is challenged and welcomed anew.

    Answers whether the device was halted.
    """
    if device.state != "halted":
        return False
    change_device(c, device.id, state="live", halted_because=None, challenge=None)
    _close_cloned(c, device)
    return True


def retire(c: Connection, device: DeviceRow, because: str) -> None:
    """A person says that this device is gone for good: nobody waits for it, nothing is granted."""
    end_live(c, device, "unclean", because)
    change_device(c, device.id, state="retired", challenge=None, catch_up=None, **_NO_OFFER)
    _close_cloned(c, device)


def _close_cloned(c: Connection, device: DeviceRow) -> None:
    """A person has looked at who uses this device's name."""
    of_device = (conflicts.c.store == device.store, conflicts.c.device == device.device)
    c.execute(
        update(conflicts)
        .where(conflicts.c.tenant == device.tenant, conflicts.c.kind == "disk_cloned", *of_device)
        .values(state="resolved")
    )


_NO_OFFER: dict[str, Any] = {
    "welcomed_incarnation": None,
    "welcomed_from_epoch": None,
    "welcomed_epoch": None,
}

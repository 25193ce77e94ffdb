"""What befalls devices, their disks and head office itself, in plain words for a clerk."""

from datetime import date

from sync.hub.judging import Conflict
from sync.hub.meeting import Begin
from sync.messages import DeviceAddress, Hello

__all__ = ["disk_cloned", "disk_found", "head_office_restored", "refused"]


def disk_found(address: DeviceAddress, hello: Hello, begin: Begin, *, new_key: bool) -> Conflict:
    """A disk was lost or set back, and the device was welcomed anew."""
    what = "lost its disk" if begin.finding == "disk_lost" else "stands on a disk that was set back"
    key = " It signs with a new key from now on." if new_key else ""
    return _of_device(
        address,
        kind=begin.finding or "disk_restored",
        subject=f"{address} {begin.epoch}",
        text=f"Device {address} {what}: {begin.because}. It goes on as epoch {begin.epoch}; what "
        f"head office had acknowledged is safe, and points that were leased to it before stay "
        f"put until somebody writes them off.{key} (Life {hello.incarnation}.)",
    )


def disk_cloned(address: DeviceAddress, hello: Hello) -> Conflict:
    """Two devices use one name, and both were stopped."""
    return _of_device(
        address,
        kind="disk_cloned",
        subject=f"{address} {hello.incarnation}:{hello.epoch}",
        text=f"Two devices say that they are {address}. Both are stopped: they take sales and "
        "redeem nothing, and what each has written is kept. Switch one of them off for good, then "
        "release the name.",
        is_open=True,
    )


def head_office_restored(address: DeviceAddress, generation: int) -> Conflict:
    """Head office's database was set back."""
    return _of_device(
        address,
        kind="head_office_restored",
        subject=f"generation {generation}",
        text="Head office's database was set back: it had forgotten entries that it had "
        f"acknowledged to {address}. Every device sends again what it still has, and until each "
        "known one has done so nothing is leased. Retire the devices that will never come.",
    )


def refused(address: DeviceAddress, kind: str, why: str, day: date) -> Conflict:
    """A message was put aside, or a device must not go on. One row for each device and day."""
    if kind == "bad_signature":
        text = (
            f"Messages in the name of {address} were not signed with its key, and were not taken. "
            "Somebody else may be using its name, or its key file was replaced by hand."
        )
    else:
        text = f"A message of {address} was not taken and is in quarantine: {why}."
    return _of_device(
        address, kind=kind, subject=f"{address} {day.isoformat()}", text=text, is_open=True
    )


def _of_device(
    address: DeviceAddress, *, kind: str, subject: str, text: str, is_open: bool = False
) -> Conflict:
    return Conflict(
        kind=kind,
        subject=subject,
        text=text,
        store=address.store,
        device=address.device,
        is_open=is_open,
    )

"""What befalls devices, their disks and head office itself, in plain words for a clerk."""

from datetime import date

from sync.hub.judging import Conflict
from sync.hub.meeting import Begin
from sync.hub.registry import DeviceRow
from sync.messages import DeviceAddress, Hello

__all__ = [
    "disk_cloned",
    "disk_found",
    "disk_keeps_failing",
    "head_office_restored",
    "put_out",
    "refused",
    "wrong_name",
]


_AGAIN = (
    "What it had to say it says again; where this comes again, look at that box and its version."
)
_TO_DO = {
    "malformed_message": _AGAIN,
    "too_large": _AGAIN,
    "unknown_schema": "Bring head office to the version that this store runs.",
    "not_handled": "Head office itself failed at it: look into its log, and upgrade it.",
}
"""What a person is to do about a message that was put aside."""


def disk_found(device: DeviceRow, hello: Hello, begin: Begin, *, new_key: bool) -> Conflict:
    """A disk was lost or set back, and the device was welcomed anew."""
    address = device.address
    what = "lost its disk" if begin.finding == "disk_lost" else "stands on a disk that was set back"
    key = " It signs with a new key from now on." if new_key else ""
    return _of_device(
        address,
        kind=begin.finding or "disk_restored",
        subject=f"{address} {begin.epoch}",
        text=f"Device {address} {what}: {begin.because.rstrip('.')}. It goes on as epoch "
        f"{begin.epoch}; what head office had acknowledged is safe, and points that it had rights "
        "to before can be spent nowhere. Once it is clear that they were not spent there, write "
        f"them off (POST /v1/devices/{device.id}/write-off).{key} (Life {hello.incarnation}.)",
    )


def disk_keeps_failing(device: DeviceRow, day: date) -> Conflict:
    """A disk was lost or set back more often than any is. One row for each device and day, and one
    more for what comes after a person has looked.
    """
    address = device.address
    return _of_device(
        address,
        kind="disk_keeps_failing",
        subject=f"{address} {day.isoformat()}",
        text=f"Device {address} loses its disk, or comes back on an older one, again and again. It "
        "is welcomed each time, and what it could send is safe. What it sold and could not send "
        "before is lost, and the points that it had rights to each time can be spent nowhere. Look "
        "at that box: its ledger has to stand on a disk that keeps what is written, also over a "
        "restart. Then write off what it had rights to "
        f"(POST /v1/devices/{device.id}/write-off). Further times of this day have no row.",
        is_open=True,
    )


def disk_cloned(device: DeviceRow, hello: Hello) -> Conflict:
    """Two devices use one name, and both were stopped. It may be one box, into which a disk was put
    back that it had before: nobody can tell the two apart from here.
    """
    address = device.address
    return _of_device(
        address,
        kind="disk_cloned",
        subject=f"{address} {hello.incarnation}:{hello.epoch}",
        text=f"Two devices say that they are {address}: one greeted that had been replaced, while "
        "the newer one was not known to be gone. Both are stopped: they take sales and redeem "
        "nothing, and what each has written is kept. Are there two boxes, switch one of them off "
        "for good and wipe it. Is there one, into which an older disk was put back, leave it as it "
        f"is. Then release the name: POST /v1/devices/{device.id}/release.",
        is_open=True,
    )


def head_office_restored(address: DeviceAddress, generation: int) -> Conflict:
    """Head office's database was set back."""
    return _of_device(
        address,
        kind="head_office_restored",
        subject=f"generation {generation}",
        text=f"Head office's database was set back: {address} had been told more than head office "
        "holds now. Every device sends again what it still has, and until each known one has done "
        "so no rights are given out. Connect those that are behind (GET /v1/devices), and retire "
        "those that will never come.",
    )


def refused(address: DeviceAddress, kind: str, why: str, day: date) -> Conflict:
    """A message was put aside, or a device must not go on. One row for each device and day."""
    if kind == "bad_signature":
        text = (
            f"Messages in the name of {address} were not signed with its key, and were not taken. "
            "Somebody else may be using its name: look for them. If its own key file was lost or "
            "replaced, it goes on by itself as a new life, and a row `disk_restored` says so."
        )
    else:
        to_do = _TO_DO.get(kind, _AGAIN)
        text = f"A message of {address} was not taken and is in quarantine: {why}. {to_do}"
    text += " GET /v1/quarantine lists what was put aside."
    return _of_device(
        address, kind=kind, subject=f"{address} {day.isoformat()}", text=text, is_open=True
    )


def put_out(device: DeviceRow, client: str) -> Conflict:
    """The broker disconnected who came as a device, for a packet that was too large. One row until
    a person has looked, and one more for what comes after that.
    """
    address = device.address
    return _of_device(
        address,
        kind="too_large",
        subject=f"{address} at the broker",
        text=f"Somebody who is called {address} at the broker (client {client}) sent it more than "
        "it takes at once, and was disconnected before anything of that was read. No agent of ours "
        "does so: look whether that box runs what it should, and who else has its certificate or "
        "its password. The broker's log has the time and the network address. What the box itself "
        "has to say it sends as before.",
        is_open=True,
    )


def wrong_name(named: DeviceRow, proved: DeviceAddress) -> Conflict:
    """Somebody came to the broker as one device who is another by certificate or password. One row
    for each such device until a person has looked, and one more for what comes after that.
    """
    return _of_device(
        proved,
        kind="wrong_name",
        subject=f"{proved} as another",
        text=f"Somebody came to the broker under the name of {named.address}, with the certificate "
        f"or the password of {proved}. The broker takes nothing from them that is not of {proved}, "
        f"but where {named.address} was connected by the very same name it lost its line for a "
        f"moment. Look at the box that {proved} is: whether the right name is in its agent.toml, "
        "with the certificate that was made for it, and what else runs there. If its certificate "
        "was copied, revoke it.",
        is_open=True,
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

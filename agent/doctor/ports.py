"""Ports: whether there is a device at each, and whether the agent's user may open it."""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from agent.devices import ListedDevice
from agent.doctor.finding import Finding, failed, warned
from agent.doctor.keyboards import keyboards
from agent.doctor.machine import Machine, Who, group_name
from agent.doctor.shipped import NAMES, to_install

__all__ = ["PortFacts", "gather_port", "judge_port", "may_open"]

_HID = "hid"
_OURS = "/dev/tapledger/"
_KNOWN = ("/dev/tapledger/by-serial", "/dev/serial/by-id", "/dev/tapledger", "/dev/serial/by-path")
_SERIAL = ("ttyUSB", "ttyACM")
_RULE_PLACES = ("/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_SITE_RULES = "/etc/udev/rules.d/61-tapledger-site.rules"
_AGAIN = "udevadm control --reload && udevadm trigger"


@dataclass(frozen=True, kw_only=True, slots=True)
class PortFacts:
    """What is known of a device's port without opening it.

    ``mode`` is that of the file behind it, None where there is none; ``others`` are ports that are
    there instead, ``holders`` programs that have it open, ``locked_by`` one that lets nobody in.
    """

    title: str
    port: str
    who: Who
    mode: int | None = None
    user_id: int = 0
    group_id: int = 0
    openable: bool = True
    others: tuple[str, ...] = ()
    has_rule: bool = False
    holders: tuple[str, ...] = ()
    locked_by: str | None = None
    is_keyboard: bool = False


def gather_port(
    machine: Machine, device: ListedDevice, who: Who, *, agent: int | None = None
) -> PortFacts:
    """Look at the file that is a device's port; it is not opened. An agent may have it."""
    title, is_keyboard = f"{device.kind} {device.name}", device.driver == _HID
    file = machine.at(device.port)
    known = PortFacts(
        title=title,
        port=device.port,
        who=who,
        has_rule=any(NAMES in machine.names(place) for place in _RULE_PLACES),
        others=tuple(keyboards(machine) if is_keyboard else _others(machine)),
        is_keyboard=is_keyboard,
    )
    try:
        found = file.stat()
    except OSError:
        return known
    return replace(
        known,
        mode=found.st_mode,
        user_id=found.st_uid,
        group_id=found.st_gid,
        openable=_openable(file, found, who),
        # The other end of a pseudo-terminal is an emulated device, and has both open.
        holders=() if _is_emulated(file) else tuple(_holders(machine, file, agent)),
        locked_by=_locker(machine, file, agent),
    )


def _holders(machine: Machine, file: Path, agent: int | None) -> list[str]:
    found = machine.holders_of(file)
    return [name for name in found if not name.endswith(f"(process {agent})")]


def _locker(machine: Machine, file: Path, agent: int | None) -> str | None:
    process = machine.locker_of(file)
    if process in (None, agent):
        return None
    name = (machine.text(f"/proc/{process}/comm") or "").strip()
    return f"{name} (process {process})" if name else f"process {process}"


def _is_emulated(file: Path) -> bool:
    return file.resolve().parent.name == "pts"


def _openable(file: Path, found: os.stat_result, who: Who) -> bool:
    if who.name == "you":  # who also knows access control lists
        return os.access(file, os.R_OK | os.W_OK, effective_ids=True)
    return may_open(found.st_mode, found.st_uid, found.st_gid, who)


def may_open(mode: int, user_id: int, group_id: int, who: Who) -> bool:
    """Say whether a file's mode lets somebody read and write it (path_resolution(7))."""
    if who.user_id == 0:
        return True
    if who.user_id == user_id:
        wanted = stat.S_IRUSR | stat.S_IWUSR
    elif group_id in who.group_ids:
        wanted = stat.S_IRGRP | stat.S_IWGRP
    else:
        wanted = stat.S_IROTH | stat.S_IWOTH
    return mode & wanted == wanted


def _others(machine: Machine) -> list[str]:
    """Name the serial devices that are there, by the names that last longest."""
    for place in _KNOWN:
        found = [f"{place}/{name}" for name in machine.names(place)]
        found = [name for name in found if not machine.names(name)]
        if found:
            return found
    return [f"/dev/{name}" for name in machine.names("/dev") if name.startswith(_SERIAL)]


def judge_port(facts: PortFacts) -> Finding | None:
    """Say what is wrong with a port; None where nothing is, as far as one sees from outside."""
    if facts.mode is None:
        return failed(facts.title, f"nothing is at {facts.port}", _find(facts))
    if not stat.S_ISCHR(facts.mode):
        place = "/dev/input/by-id/" if facts.is_keyboard else "/dev/serial/by-id/"
        advice = f"set its port to a device, such as one below {place}"
        return failed(facts.title, f"{facts.port} is no device", advice)
    if not facts.openable:
        mode = f"{stat.S_IMODE(facts.mode):o}, group {group_name(facts.group_id)}"
        said = f"{facts.who.name} may not open {facts.port} (mode {mode})"
        return failed(facts.title, said, _let(facts))
    if facts.locked_by is not None:
        said = f"{facts.locked_by} has {facts.port} for itself"
        return failed(facts.title, said, "stop that program: two would both miss bytes")
    if facts.holders and not facts.is_keyboard:  # a desktop has every keyboard, and is kept out
        said = f"{' and '.join(facts.holders)} has {facts.port} open: both lose bytes"
        advice = f"stop that program; ModemManager is kept away by {NAMES}"
        return warned(facts.title, said, advice)
    return None


def _find(facts: PortFacts) -> str:
    """Say how a port that is not there may be found."""
    if facts.port.startswith(_OURS) and not facts.has_rule:
        return f"its name needs {to_install(NAMES)}, then {_AGAIN}"
    if facts.port.startswith(_OURS) and facts.others and "/by-" not in facts.port:
        told = f"plug it in, or name it in {_SITE_RULES}, as {NAMES} shows"
        return f"{told}; there is {', '.join(facts.others[:3])}"
    if facts.others:
        return f"plug it in, or set its port to what is there: {', '.join(facts.others[:3])}"
    what = "keyboard" if facts.is_keyboard else "serial device"
    return f"plug it in: no {what} is here at all; dmesg | tail says what was plugged in"


def _let(facts: PortFacts) -> str:
    """Say how somebody may open a port."""
    group = group_name(facts.group_id)
    if facts.group_id == 0 or (facts.mode or 0) & 0o060 != 0o060:
        return f"{to_install(NAMES)}, then {_AGAIN}"
    if facts.who.name == "you":
        return f"usermod -aG {group} $USER, and log in again"
    return f"add SupplementaryGroups={group} to the unit, then systemctl daemon-reload and restart"

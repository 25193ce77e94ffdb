"""Scanners that type: python-evdev, and a name that stays the scanner's."""

from importlib.util import find_spec

from agent.doctor.finding import Finding, failed, warned
from agent.doctor.machine import Machine

__all__ = ["judge_keyboard", "keyboards"]

_PLACES = ("/dev/tapledger/input/by-serial", "/dev/input/by-id", "/dev/tapledger/input/by-path")
_KEYBOARD = "-event-kbd"
_NUMBERED = "/dev/input/event"


def keyboards(machine: Machine) -> list[str]:
    """Name the keyboards that are there, by the names that last longest."""
    for place in _PLACES:
        names = machine.names(place)
        if place == "/dev/input/by-id":  # where there are mice as well
            names = [name for name in names if name.endswith(_KEYBOARD)]
        if names:
            return [f"{place}/{name}" for name in names]
    return []


def judge_keyboard(machine: Machine, title: str, port: str) -> Finding | None:
    """Say what is wrong with a scanner's port that may be opened; None where nothing is."""
    if find_spec("evdev") is None:
        said = "the library for scanners that type is not installed"
        advice = "pip install 'tapledger[hid]' into tapledger's environment"
        return failed(title, said, advice)
    if not port.startswith(_NUMBERED):
        return None
    file = machine.at(port).resolve()
    named = [name for name in keyboards(machine) if machine.at(name).resolve() == file]
    said = f"{port} is numbered anew at each start, and may be another keyboard then"
    better = named[0] if named else "a name below /dev/input/by-id/"
    return warned(title, said, f"set its port to {better}")

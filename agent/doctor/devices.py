"""How one configured device stands, as far as is seen without opening it: there, right, and free.

The doctor and ``tapledger devices list`` both ask here, so that they say the same of a device.
"""

from collections.abc import Callable, Mapping
from typing import Any

from agent.devices import ListedDevice
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.keyboards import judge_keyboard
from agent.doctor.machine import Machine, Who
from agent.doctor.network import gather_network, judge_network
from agent.doctor.ports import gather_port, judge_port
from drivers.pcsc.names import reader_of
from drivers.pcsc.service import ReaderGone

__all__ = ["PCSC", "judge_at_agent", "judge_from_outside", "told_by"]

PCSC = "pcsc"
_HID = "hid"
_ASKED = ("pn532", "uhf18")
_GARBLED = 20
"""So many frames without a card are no card that was drawn away too soon."""


def _title_of(device: ListedDevice) -> str:
    """Answer the name that findings of a device have."""
    return f"{device.kind} {device.name}"


def _is_network(device: ListedDevice) -> bool:
    """Say whether a device's port is an address and no file."""
    return device.driver != PCSC and "://" in device.port


def judge_from_outside(
    machine: Machine,
    device: ListedDevice,
    who: Who,
    readers: tuple[str, ...] | None,
    *,
    agent: int | None = None,
) -> Finding:
    """Say how a device stands where no agent has it, or the process ``agent``, which hangs.

    ``readers`` are those of pcscd, None where nobody could ask it. A network's address is called,
    and hung up at once; that may take three seconds.
    """
    if device.driver == PCSC:
        return _pcsc(device, readers)
    if _is_network(device):
        return judge_network(gather_network(_title_of(device), device.port))
    facts = gather_port(machine, device, who, agent=agent)
    amiss = judge_port(facts)
    if amiss is None and device.driver == _HID:
        amiss = judge_keyboard(machine, _title_of(device), device.port)
    return amiss or fine(facts.title, f"{device.port} is there")


def _pcsc(device: ListedDevice, readers: tuple[str, ...] | None) -> Finding:
    title = _title_of(device)
    if readers is None:
        advice = "see 'pcscd' of tapledger doctor"
        return failed(title, "pcscd does not say which readers it has", advice)
    try:
        reader = reader_of(device.port, readers)
    except ReaderGone as error:
        advice = "plug it in, or set its port to the whole name of one that is there"
        return failed(title, str(error), advice)
    return fine(title, f"pcscd has '{reader}'")


def told_by(health: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Answer what an agent's health says of each reader and scanner, by their names."""
    parts = [*(health or {}).get("readers", ()), *(health or {}).get("scanners", ())]
    return {str(part.get("name")): part for part in parts}


def judge_at_agent(
    device: ListedDevice, told: Mapping[str, Any] | None, from_outside: Callable[[], Finding]
) -> Finding:
    """Say how a device of a running agent is, by what its ``/healthz`` says and counts of it.

    One that the agent cannot use is looked at ``from_outside``, which may say more.
    """
    title = _title_of(device)
    if told is None:
        advice = "restart the agent: it has an older configuration"
        return failed(title, "the agent that runs does not know it", advice)
    if not told.get("present"):
        looked = from_outside()
        advice = "plug it in again; stop the agent and run the doctor again for more"
        gone = failed(title, f"cannot be used: {told.get('fault')}", advice)
        return looked if looked.status == "fail" else gone
    seen, refused = int(told.get("presentations", 0)), int(told.get("refused_frames", 0))
    dropped = int(told.get("dropped", 0))
    counted = f"{seen} read, {refused} refused since the start"
    if refused >= _GARBLED and refused > seen:
        return warned(title, *_garbled(device.driver, counted, seen))
    if dropped >= _GARBLED and dropped > seen:
        said = f"{counted}, and {dropped} dropped: it repeats faster than any hand"
        return warned(title, said, "look at its trigger mode, and at what lies on it")
    return fine(title, f"is there; {counted}" + (f", {dropped} dropped" if dropped else ""))


def _garbled(driver: str, counted: str, seen: int) -> tuple[str, str]:
    """Say what it means that most was refused, and what to do."""
    if driver == PCSC:
        said = f"{counted}: cards of another kind, or keys that are not theirs"
        return said, "lay one on it beside tapledger devices watch, which says why"
    if driver == _HID:
        said = f"{counted}: it may type in another layout than US"
        return said, "set the scanner itself to a US keyboard; tapledger devices watch says more"
    if not seen and driver not in _ASKED:
        said = f"{counted}: its line may have another speed, or its wires be swapped"
        return said, "stop the agent and run the doctor again: it measures the speed"
    advice = "look at the cable's shield and length, and at what else is on its supply"
    return f"{counted}: its line is noisy", advice

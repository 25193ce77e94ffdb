"""Who else may hold a card reader: the kernel's own drivers, and pcscd with its rule.

pcscd answers over a socket that anybody may connect to; whether they may use a reader is polkit's
to say, and without a rule it says yes to whoever sits at the machine, and to root.
"""

import socket
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec

from agent.devices import ListedDevice
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine
from agent.doctor.shipped import BLACKLIST, POLKIT, to_install
from drivers.connected import pcsc_readers

__all__ = ["PcscFacts", "gather_pcsc", "judge_modules", "judge_pcsc"]

_SOCKET = "/run/pcscd/pcscd.comm"
_ACTION = "org.debian.pcsc-lite.access_pcsc"
_POLICY = "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy"
_RULES = (
    "/etc/polkit-1/rules.d",
    "/run/polkit-1/rules.d",
    "/usr/local/share/polkit-1/rules.d",
    "/usr/share/polkit-1/rules.d",
)
_STEALING = ("pn533_usb", "pn533", "nfc")
_HARMED = ("pcsc", "pn532")


def judge_modules(loaded: frozenset[str], devices: Iterable[ListedDevice]) -> list[Finding]:
    """Say which of the kernel's drivers takes readers away; nothing where no reader is at risk."""
    at_risk = sorted({device.driver for device in devices if device.driver in _HARMED})
    if not at_risk:
        return []
    stealing = [module for module in _STEALING if module in loaded]
    if not stealing:
        return [fine("modules", "no driver of the kernel takes card readers away")]
    said = f"the kernel's {', '.join(stealing)} takes card readers away ({', '.join(at_risk)})"
    advice = f"{to_install(BLACKLIST)}, then modprobe -r {' '.join(stealing)}"
    return [failed("modules", said, advice)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PcscFacts:
    """What is known of pcscd. ``has_policy`` says that it asks polkit; ``has_rule`` is None where
    the rules may not be read; ``readers`` is None where nobody could ask for them.
    """

    has_library: bool
    has_socket: bool
    answers: bool
    is_running: bool
    has_policy: bool
    has_rule: bool | None
    readers: tuple[str, ...] | None
    user: str = "tapledger"


def gather_pcsc(machine: Machine, *, user: str) -> PcscFacts:
    """Look for pcscd, its socket and its rule, and ask it for its readers."""
    answers = _connects(machine)
    return PcscFacts(
        has_library=find_spec("smartcard") is not None,
        has_socket=machine.has(_SOCKET),
        answers=answers,
        is_running=machine.is_running("pcscd"),
        has_policy=machine.has(_POLICY),
        has_rule=_has_rule(machine),
        readers=pcsc_readers() if answers else None,
        user=user,
    )


def _connects(machine: Machine) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(machine.at(_SOCKET)))
        except OSError:
            return False
    return True


def _has_rule(machine: Machine) -> bool | None:
    unknown = False
    for place in _RULES:
        directory = machine.at(place)
        try:
            names = sorted(file.name for file in directory.iterdir())
        except FileNotFoundError:
            continue
        except OSError:
            unknown = True
            continue
        rules = (machine.text(f"{place}/{name}") for name in names if name.endswith(".rules"))
        if any(_ACTION in (rule or "") for rule in rules):
            return True
    return None if unknown else False


def judge_pcsc(facts: PcscFacts) -> list[Finding]:
    """Say whether the agent gets to its PC/SC readers."""
    if not facts.has_library:
        said = "the library for PC/SC readers is not installed"
        return [failed("pcscd", said, "pip install 'tapledger[pcsc]' into tapledger's environment")]
    if not facts.answers:
        return [_unanswered(facts)]
    found = []
    if facts.has_policy and facts.has_rule is False:
        said = f"no polkit rule lets {facts.user} use pcscd: it lists its readers only to root"
        found.append(failed("pcscd", said, to_install(POLKIT)))
    if facts.has_policy and facts.has_rule is None:
        said = "whether polkit lets the service use pcscd is not yours to see"
        found.append(warned("pcscd", said, "run the doctor as root (sudo)"))
    if facts.readers is None:
        found.append(warned("pcscd", "pcscd does not tell you its readers", to_install(POLKIT)))
    elif not facts.readers:
        advice = "plug one in; pcsc_scan (pcsc-tools) says what pcscd sees"
        found.append(failed("pcscd", "pcscd runs and has no reader", advice))
    else:
        found.append(fine("pcscd", f"answers, and has {', '.join(facts.readers)}"))
    return found


def _unanswered(facts: PcscFacts) -> Finding:
    if not facts.has_socket:
        advice = "apt-get install pcscd, then systemctl enable --now pcscd.socket"
        return failed("pcscd", f"pcscd is not there: no {_SOCKET}", advice)
    how = "runs and does not take a connection" if facts.is_running else "does not run"
    return failed("pcscd", f"pcscd {how}", "systemctl restart pcscd.socket pcscd")

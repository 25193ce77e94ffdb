"""Whether an agent runs now, and how it is: where one does, its devices are its own to open."""

import http.client
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine
from agent.ledger.places import Places

__all__ = ["RunningFacts", "asked", "gather_running", "judge_running"]

_TIMEOUT_S = 3
_LARGEST_ANSWER = 1 << 20
_LOG = "journalctl -u tapledger-agent says why"
_HUB = (
    "the broker is there: look whether the hub runs, on its machine: systemctl status tapledger-hub"
)
_HALTED = "README.md says what to do: 'What to do when a device is frozen, halted or gone'"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningFacts:
    """What answers at ``[api] listen``, and who has locked the ledger."""

    listen: str
    health: dict[str, Any] | None = None
    answers: bool = False
    locked_by: int | None = None
    device: str | None = None
    has_unit: bool = False

    @property
    def is_agent(self) -> bool:
        """Whether an agent runs; only it may open the devices then."""
        return self.health is not None or self.locked_by is not None


def gather_running(machine: Machine, it: Configured, *, has_unit: bool) -> RunningFacts:
    """Ask the agent that this configuration makes, if it runs."""
    device = it.device
    return RunningFacts(
        listen=it.api.listen if it.api else "",
        device=f"{device.tenant}/{device.store}/{device.name}" if device else None,
        locked_by=machine.locker_of(Places(it.ledger.path).lock) if it.ledger else None,
        has_unit=has_unit,
        **asked(it.api.listen if it.api else ""),
    )


def asked(listen: str) -> dict[str, Any]:
    """Ask a daemon how it is: whether anybody ``answers``, and what ``health`` it says."""
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or port == "0":
        return {}
    here = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104
    connection = http.client.HTTPConnection(here, int(port), timeout=_TIMEOUT_S)
    try:
        connection.connect()
    except OSError:
        return {}
    try:
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read(_LARGEST_ANSWER))
    except (OSError, ValueError, http.client.HTTPException):
        return {"answers": True}
    finally:
        with suppress(OSError):
            connection.close()
    is_health = isinstance(health, dict) and isinstance(health.get("reasons"), list)
    return {"answers": True, "health": health if is_health else None}


def judge_running(facts: RunningFacts) -> list[Finding]:
    """Say whether an agent runs, and what it complains of itself."""
    health = facts.health
    if health is None:
        return [_not_heard(facts)]
    told = str(health.get("device"))
    if facts.device is not None and told != facts.device:
        said = f"{told} answers at {facts.listen}, and this is the configuration of {facts.device}"
        return [failed("agent", said, "give this one another [api] listen, or stop the other one")]
    # Readers and scanners have lines of their own.
    devices = ("reader ", "scanner ")
    reasons = [reason for reason in health["reasons"] if not str(reason).startswith(devices)]
    found = [warned("agent", str(reason), _LOG) for reason in reasons]
    waiting = health.get("unacknowledged")
    wait = "1 entry waits" if waiting == 1 else f"{waiting} entries wait"
    if why := health.get("offline_because"):
        said = f"the agent does not reach head office: {str(why).rstrip('.')}; {wait}"
        found.append(warned("agent", said, _reached_by(str(why))))
    return found or [fine("agent", f"runs and is well, {wait} for head office")]


def _reached_by(why: str) -> str:
    """Say where to look, by the reason for which head office is not reached."""
    if why.startswith("head office halted"):
        return _HALTED
    return _HUB if why == "head office does not answer" else "see 'broker' below"


def _not_heard(facts: RunningFacts) -> Finding:
    if facts.locked_by is not None:
        said = f"process {facts.locked_by} has the ledger and does not answer at {facts.listen}"
        advice = f"is it another agent, or one that hangs? {_LOG}"
        return failed("agent", said, advice)
    if facts.answers:
        said = f"another program answers at {facts.listen}"
        return failed("agent", said, f"stop it, or set another [api] listen; {_LOG}")
    if facts.has_unit:
        advice = f"systemctl enable --now tapledger-agent; {_LOG}"
        return warned("agent", "the service is installed and does not run", advice)
    return fine("agent", "none runs; the doctor looks at the devices itself")

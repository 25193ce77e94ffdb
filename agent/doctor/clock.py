"""The clock: whether it has a battery, whether anybody keeps it right, and whether it can be true.

Entries carry the time, and promotions, holds and PINs go by it. A box without a battery for its
clock wakes up years ago, or where it was switched off.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine

__all__ = ["BUILT_AT", "ClockFacts", "gather_clock", "judge_clock"]

BUILT_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""This version was not there before."""

_CLOCKS = "/sys/class/rtc"
_APART = timedelta(minutes=2)
_BEHIND = timedelta(minutes=1)
_SET = "set it: timedatectl set-ntp true with a network, timedatectl set-time without"
_KEEP = "let it be set: apt-get install systemd-timesyncd, or chrony with a server in the store"
_BATTERY = "after a power cut without a network the time is wrong until one is there"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockFacts:
    """What the machine says of its clocks. ``hardware`` is None where there is no clock with a
    battery, ``newest_entry`` where there is no ledger yet.
    """

    system: datetime
    has_hardware: bool
    hardware: datetime | None
    synchronised: bool
    newest_entry: datetime | None


def gather_clock(
    machine: Machine,
    *,
    system: datetime,
    synchronised: bool,
    newest_entry: datetime | None = None,
) -> ClockFacts:
    """Read the machine's clocks. ``synchronised`` is the kernel's word, one of two that count."""
    clocks = machine.names(_CLOCKS)
    timesync = machine.has("/run/systemd/timesync/synchronized")
    return ClockFacts(
        system=system,
        has_hardware=bool(clocks),
        hardware=_first_time(machine, clocks),
        synchronised=synchronised or timesync,
        newest_entry=newest_entry,
    )


def _first_time(machine: Machine, clocks: list[str]) -> datetime | None:
    for clock in clocks:
        with suppress(ValueError, OverflowError):
            seconds = int(machine.text(str(Path(_CLOCKS) / clock / "since_epoch")) or "")
            return datetime.fromtimestamp(seconds, UTC)
    return None


def judge_clock(facts: ClockFacts) -> list[Finding]:
    """Say what is wrong with the time, or that nothing is."""
    now = f"{facts.system:%Y-%m-%d %H:%M} UTC"
    if facts.system < BUILT_AT:
        said = f"the clock says {now}, before this version was made"
        return [failed("clock", said, f"{_SET}; its battery may be empty")]
    found = []
    newest = facts.newest_entry
    if newest is not None and newest > facts.system + _BEHIND:
        said = f"the clock says {now}, and the ledger's newest entry {newest:%Y-%m-%d %H:%M}"
        found.append(failed("clock", said, f"one of them was wrong; {_SET}"))
    found += _battery(facts)
    if not facts.synchronised:
        found.append(warned("clock", f"the clock says {now}, and nobody keeps it right", _KEEP))
    return found or [fine("clock", f"{now}, kept right, with a battery")]


def _battery(facts: ClockFacts) -> list[Finding]:
    if not facts.has_hardware:
        advice = f"add a clock module (DS3231); {_BATTERY}"
        return [warned("clock", "the machine has no clock with a battery", advice)]
    if facts.hardware is None or facts.hardware < BUILT_AT:
        advice = f"change its battery, then hwclock --systohc; {_BATTERY}"
        return [warned("clock", "the clock with a battery has lost the time", advice)]
    apart = abs(facts.hardware - facts.system)
    if apart > _APART:
        said = f"the clock with a battery is {_span(apart)} away from the system's"
        return [warned("clock", said, "where the system's is right: hwclock --systohc")]
    return []


def _span(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span.days} days"
    return f"{span // timedelta(minutes=1)} minutes"

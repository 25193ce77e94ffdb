"""Clocks that cannot be right: entries from the future, days that have not come, clocks that were
set by far.

Order never rests on a clock, so nothing is refused and every entry counts. One row for each device
tells a person to look, and is open until somebody has; what comes after that has a row of its own.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from agent.core.entry import Entry
from agent.core.facts import ClockJump
from agent.core.instant import rfc3339
from sync.hub.decisions import note_again
from sync.hub.judging import Conflict
from sync.hub.registry import DeviceRow

__all__ = ["settle_clocks"]

_AHEAD = timedelta(minutes=10)
"""So far may a device's clock be ahead of head office's."""

_FURTHEST_EAST = timedelta(hours=14)
"""A shop's day begins no earlier anywhere: beyond it, a business date has not come."""

_JUMP_MS = 10 * 60 * 1_000


def settle_clocks(
    c: Connection, device: DeviceRow, entries: Iterable[Entry], *, now: datetime
) -> None:
    """Report a device whose entries speak of a wrong clock."""
    latest = rfc3339(now + _AHEAD)
    today = (now.astimezone(UTC) + _FURTHEST_EAST).date()
    for entry in entries:
        wrong = None
        if entry.recorded_at > latest:
            wrong = f"it says that it wrote entry {entry.epoch}:{entry.seq} at {entry.recorded_at}"
        elif entry.business_date is not None and entry.business_date > today:
            wrong = f"it has sales of {entry.business_date}, which has not come"
        elif isinstance(entry.fact, ClockJump) and abs(entry.fact.by_ms) > _JUMP_MS:
            minutes = abs(entry.fact.by_ms) // 60_000
            wrong = f"somebody set it {'on' if entry.fact.by_ms > 0 else 'back'} by {minutes} min"
        if wrong is not None:
            conflict = Conflict(
                kind="wrong_clock",
                subject=str(device.address),
                store=device.store,
                device=device.device,
                text=f"The clock of {device.address} cannot be right: {wrong}. Every entry counts "
                "all the same, in the order in which it was written. Have the clock looked at.",
                is_open=True,
            )
            note_again(c, device.tenant, conflict, now=now)
            return

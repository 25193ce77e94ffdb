"""The floor that one device may give: how much it may redeem beyond rights, as a cumulative total.

Head office hands out what it has heard of in the epoch, and the program's cap on top; so what a
device may have redeemed without head office knowing is never more than the cap. What it was handed
for earlier epochs, and may have used there unheard, comes off, until those epochs have come home or
were written off.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from agent.core.instant import rfc3339
from sync.hub.notices import Notice
from sync.hub.registry import DeviceRow, JournalRow, journals_of
from sync.hub.tables import journals
from sync.hub.terms import Terms, generation_of, may_grant, terms_of
from sync.messages import Allowance

__all__ = ["allowance_of", "raise_allowance"]


def allowance_of(
    c: Connection,
    device: DeviceRow,
    *,
    now: datetime,
    held: Sequence[JournalRow] | None = None,
) -> list[Notice]:
    """Answer how much floor a device may give in its live epoch, raised to what holds now; nothing
    where it has none. ``held`` are all its journals, where the caller has them.
    """
    held = journals_of(c, device) if held is None else held
    raised = raise_allowance(c, device, held, terms=terms_of(c, device.tenant, now=now), now=now)
    live = _live(device, held)
    if raised or live is None or live.allowance == 0:
        return raised
    return [_notice(c, device, live.epoch, live.allowance)]


def raise_allowance(
    c: Connection, device: DeviceRow, held: Iterable[JournalRow], *, terms: Terms, now: datetime
) -> list[Notice]:
    """Raise it where head office has heard more, and answer what to say if it did. ``held`` are all
    journals of the device.
    """
    live = _live(device, held)
    if live is None or not terms.floor or live.floor + terms.floor <= live.allowance:
        return []
    total = max(0, live.floor + terms.floor - _unheard_elsewhere(c, device, live.id))
    if total <= live.allowance or not may_grant(c, device.tenant):
        return []
    raised = {"allowance": total, "floor_said_at": rfc3339(now)}
    c.execute(update(journals).where(journals.c.id == live.id).values(**raised))
    return [_notice(c, device, live.epoch, total)]


def _live(device: DeviceRow, held: Iterable[JournalRow]) -> JournalRow | None:
    """Find the live epoch, which may hold rights, among a device's journals."""
    if device.state != "live":
        return None
    its = [each for each in held if each.id == device.journal_id]
    return next((each for each in its if each.opened and each.fenced is None), None)


def _unheard_elsewhere(c: Connection, device: DeviceRow, live_id: int) -> int:
    """Add up what earlier epochs were handed and are not known to have given."""
    unheard = c.execute(
        select(func.sum(journals.c.allowance - journals.c.floor)).where(
            journals.c.device_id == device.id,
            journals.c.id != live_id,
            journals.c.written_off.is_(False),
            journals.c.allowance > journals.c.floor,
        )
    ).scalar()
    return int(unheard or 0)


def _notice(c: Connection, device: DeviceRow, epoch: int, total: int) -> Notice:
    return device, Allowance(epoch=epoch, floor_total=total, generation=generation_of(c))

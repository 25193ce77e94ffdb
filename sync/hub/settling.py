"""Settling: what a batch brings up beyond what its things are worth.

Everything has been posted when this is called, as it happened. Here it is found out whose cards are
whose, who owes points, and where a store could not know better; each finding is a decision that the
stores hear of, and a row for a clerk.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.core.entry import Recorded
from sync.hub.clocks import settle_clocks
from sync.hub.debts import settle_debts
from sync.hub.enrolling import hear_members
from sync.hub.members import members
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.skewing import settle_skew
from sync.hub.strays import settle_blocked, settle_strays

__all__ = ["settle"]


def settle(
    c: Connection,
    device: DeviceRow,
    _journal: JournalRow,
    recorded: Sequence[Recorded],
    *,
    now: datetime,
    touched: Iterable[str] = (),
) -> None:
    """Settle what entries that were posted just now bring up.

    ``touched`` are accounts whose points moved although no entry of these names them.
    """
    entries = [each.entry for each in recorded]
    names = {getattr(each.fact, "account", None) for each in entries} - {None} | set(touched)
    known = members(c, device.tenant, (name for name in names if name is not None))
    settle_blocked(c, device, entries, known, now=now)
    hear_members(c, device, entries, now=now)
    settle_strays(c, device, entries, known, now=now)
    settle_skew(c, device, entries, now=now)
    settle_clocks(c, device, entries, now=now)
    settle_debts(c, device.tenant, known, now=now, device=device, entries=entries)

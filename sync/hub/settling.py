"""Settling: what a batch brings up beyond what its things are worth.

Everything has been posted when this is called, as it happened. Here it is found out whose cards are
whose, who owes points, and where a store could not know better; each finding is a decision that the
stores hear of, and a row for a clerk.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.core.entry import Entry
from sync.hub.clocks import settle_clocks
from sync.hub.debts import may_owe, settle_debts
from sync.hub.enrolling import hear_members
from sync.hub.members import Member
from sync.hub.registry import DeviceRow
from sync.hub.skewing import settle_skew
from sync.hub.strays import settle_blocked, settle_strays

__all__ = ["settle"]


def settle(
    c: Connection,
    device: DeviceRow,
    entries: Sequence[Entry],
    known: dict[str, Member],
    *,
    now: datetime,
) -> bool:
    """Settle what entries that were posted just now bring up; answers whether anything was decided,
    after which members may be other than they were.

    ``known`` are the members whose points moved, or whom entries speak of, as they are now, with
    their rows locked; and beside them those that they were merged into.
    """
    settle_blocked(c, device, entries, known, now=now)
    decided = hear_members(c, device, entries, known, now=now)
    settle_strays(c, device, entries, known, now=now)
    decided |= settle_skew(c, device, entries, now=now)
    settle_clocks(c, device, entries, now=now)
    if not (decided or may_owe(known)):
        return False  # nearly always
    settle_debts(c, device.tenant, known, now=now, device=device, entries=entries)
    return True

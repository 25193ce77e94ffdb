"""Settle what entries bring up beyond their own things."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.core.entry import Recorded
from sync.hub.registry import DeviceRow, JournalRow

__all__ = ["settle"]


def settle(
    _c: Connection,
    _device: DeviceRow,
    _journal: JournalRow,
    _recorded: Sequence[Recorded],
    *,
    now: datetime,
) -> None:
    """Settle nothing yet."""

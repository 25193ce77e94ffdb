"""What head office does about rights when nobody speaks: say again, answer late, bring home."""

from datetime import datetime

from sqlalchemy import Connection

from sync.hub.asking import asks_over
from sync.hub.notices import Notice
from sync.hub.recalling import recalls_due

__all__ = ["sweep_rights"]


def sweep_rights(c: Connection, *, now: datetime) -> list[Notice]:
    """Say unanswered recalls again, and answer the asks that have waited long enough."""
    return recalls_due(c, now=now) + asks_over(c, now=now)

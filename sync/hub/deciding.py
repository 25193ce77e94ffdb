"""Note what contradicts."""

from datetime import datetime

from sqlalchemy import Connection

from agent.core.instant import rfc3339
from sync.hub.database import upsert
from sync.hub.judging import Conflict
from sync.hub.tables import conflicts

__all__ = ["note"]


def note(
    c: Connection,
    tenant: str,
    conflict: Conflict,
    *,
    now: datetime,
    decision_seq: int | None = None,
) -> None:
    """Write a conflict's row once."""
    row = {
        "tenant": tenant,
        "kind": conflict.kind,
        "subject": conflict.subject,
        "store": conflict.store,
        "device": conflict.device,
        "account": conflict.account,
        "points": conflict.points,
        "text": conflict.text,
        "found_at": rfc3339(now),
        "state": "open" if conflict.is_open else "resolved",
        "decision_seq": decision_seq,
    }
    c.execute(upsert(c, conflicts).values(**row).on_conflict_do_nothing())

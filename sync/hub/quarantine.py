"""Quarantine: messages that make no sense, put aside so that somebody can look at them.

A message here is never answered, and blocks nothing: its device still has its entries, and sends
them again until they are acknowledged. The same message again is the same row. Room is bounded for
each topic and for all, oldest first, so that one device gone mad neither fills the database nor
pushes out what others sent.
"""

import hashlib

from sqlalchemy import ColumnElement, Connection, delete, select

from sync.hub.database import upsert
from sync.hub.tables import quarantine
from sync.messages import MAX_PAYLOAD_BYTES

__all__ = ["MOST_OF_A_TOPIC", "MOST_ROWS", "put_aside"]

MOST_ROWS = 1_000
"""Of at most 64 KiB each, so 64 MiB at most."""

MOST_OF_A_TOPIC = 100
_LONGEST_TOPIC = 250
_LONGEST_REASON = 500


def put_aside(c: Connection, topic: str, payload: bytes, reason: str, *, now: str) -> bool:
    """Keep a message with the reason, of a larger one the first 64 KiB; answers whether it is none
    that lies here already.
    """
    digest = hashlib.sha256(topic.encode() + b"\n" + payload).hexdigest()
    row = {
        "topic": topic[:_LONGEST_TOPIC],
        "reason": reason[:_LONGEST_REASON],
        "payload": payload[:MAX_PAYLOAD_BYTES],
        "digest": digest,
        "received_at": now,
    }
    is_new = bool(c.execute(upsert(c, quarantine).values(**row).on_conflict_do_nothing()).rowcount)
    if is_new:
        _keep_newest(c, quarantine.c.topic == row["topic"], MOST_OF_A_TOPIC)
        _keep_newest(c, quarantine.c.id.is_not(None), MOST_ROWS)
    return is_new


def _keep_newest(c: Connection, these: ColumnElement[bool], most: int) -> None:
    newest = select(quarantine.c.id).where(these).order_by(quarantine.c.id.desc())
    oldest_kept = newest.offset(most - 1).limit(1).scalar_subquery()
    c.execute(delete(quarantine).where(these, quarantine.c.id < oldest_kept))

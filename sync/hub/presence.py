"""Whether a device is there: it said so, and was heard of lately.

A device's birth stays at the broker until the broker says its will. Where broker and device went
down together nobody says it, and who is gone would be there for ever. So what was said is good for
some minutes: a device that is connected greets every five, whatever else it has to say.
"""

import json
from datetime import datetime, timedelta

from agent.core.instant import rfc3339
from sync.messages import MalformedMessage, Presence, decode

__all__ = ["after_farewell", "heard_since", "is_online"]

_HEARD_WITHIN = timedelta(minutes=10)
"""Twice the time between greetings: one of them may get lost."""


def heard_since(now: datetime) -> str:
    """Answer since when a device must have been heard of, or it is silent."""
    return rfc3339(now - _HEARD_WITHIN)


def is_online(presence: str | None, last_seen_at: str | None, *, now: datetime) -> bool:
    """Say whether a device's agent is connected, by what it said and when it was heard last."""
    if presence is None or last_seen_at is None or last_seen_at < heard_since(now):
        return False
    try:
        return decode(presence.encode(), Presence).online
    except MalformedMessage:
        return False


def after_farewell(born: str | None, farewell: Presence) -> str:
    """Answer how a device is said to be after a farewell, by the birth that was heard last.

    The farewell of another life than that leaves all as it is: it is a will that waited at the
    broker while the next life began. Who names no life is believed.
    """
    if born is None:
        return json.dumps(farewell.model_dump(exclude_none=True))
    said = json.loads(born)
    if None not in (farewell.life, said.get("life")) and farewell.life != said["life"]:
        return born
    return json.dumps(said | {"online": False})

"""Whether a device is there: it said so, and was heard of lately.

A device's birth stays at the broker until the broker says its will. Where broker and device went
down together nobody says it, and who is gone would be there for ever. So what was said is good for
some minutes: a device that is connected greets every five, whatever else it has to say.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection

from agent.core.entry import Position
from agent.core.instant import rfc3339
from sync.hub.generations import is_as_held, what_was_forgotten
from sync.hub.registry import change_device, device_of
from sync.messages import DeviceAddress, MalformedMessage, Presence, decode

__all__ = ["after_farewell", "hear_presence", "heard_since", "is_online"]

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


def hear_presence(
    c: Connection, address: DeviceAddress, presence: Presence, told: str, *, now: datetime
) -> tuple[str, Position] | None:
    """Note what a device said of itself, in the words it was ``told`` in. Answers where head office
    stands in an epoch of which it once acknowledged more, and in which life: it was set back.
    """
    if presence.online and is_as_held(c, address, presence, told, now=now):
        return None
    device = device_of(c, address, now=now)
    if not presence.online:
        told = after_farewell(device.presence, presence)
    if told != device.presence:  # else the broker kept it, and says it to whoever connects
        change_device(c, device.id, presence=told, last_seen_at=rfc3339(now))
    return what_was_forgotten(c, device, presence)


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

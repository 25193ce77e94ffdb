"""Generations: lives of head office's own database between restores, and who has caught up since.

A database restored from a backup has forgotten entries, and with them what it granted. The first
device that was told more than is held now shows it. The generation goes up once, every message
carries it, and every device offers again all that it still has. Until each known device has
delivered what it named then, nothing is granted: points that a forgotten grant gave to one device
must not be given to another.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    bindparam,
    case,
    func,
    literal_column,
    select,
    update,
)

from agent.core.entry import Position
from agent.core.instant import rfc3339
from sync.hub.reading import Refused
from sync.hub.registry import DeviceRow, change_device, journals_of
from sync.hub.tables import devices, entries, journals, office
from sync.messages import MOST_TAILS, DeviceAddress, Hello, Presence

__all__ = [
    "check_generation",
    "is_as_held",
    "name_what_is_missing",
    "raise_generation",
    "see_whether_caught_up",
    "shows_a_restore",
    "what_was_forgotten",
]


# Made once: a thousand devices say how they are each minute.
_ITS_ID: ColumnClause[int] = literal_column("devices.id")  # SQLAlchemy says but "id" to SQLite here
_HELD = select(func.max(journals.c.seq)).where(
    journals.c.device_id == _ITS_ID, journals.c.epoch == bindparam("its_epoch")
)
_BORN = (
    update(devices)
    .where(*(devices.c[name] == bindparam(f"its_{name}") for name in ("tenant", "store", "device")))
    .values(
        presence=bindparam("told"),
        # What is known already the broker may have kept: it says that to whoever connects.
        last_seen_at=case(
            (devices.c.presence == bindparam("told"), devices.c.last_seen_at),
            else_=bindparam("heard_at"),
        ),
    )
    .returning(_HELD.scalar_subquery().label("seq"))
)

_FURTHEST_AHEAD = timedelta(days=30)
"""How far head office's clock may have been ahead when it named a generation that it forgot."""


def check_generation(hello: Hello, present: int, *, now: datetime) -> None:
    """Hold what a device says that it heard to what head office can have said. Raises Refused.

    Head office goes above what a device has heard, so one gone mad could use the numbers up. What
    the clock reaches within days is believed; and the present generation, however far a clock that
    was wrong put it. So whoever says the highest number once more brings it up by one.
    """
    latest = int((now + _FURTHEST_AHEAD).timestamp())
    if hello.generation > max(present, latest):
        raise Refused(
            "malformed_message",
            f"it heard of generation {hello.generation}, {_day_of(hello.generation)}, which is yet "
            "to come. Where head office's clock is behind, set it right, and the device is taken. "
            "Where the clock was that far ahead when the database was last found set back, let "
            "head office run with such a clock once more, until a device has greeted",
        )


def _day_of(generation: int) -> str:
    try:
        return f"{datetime.fromtimestamp(generation, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return "of no calendar"


def shows_a_restore(device: DeviceRow, hello: Hello, generation: int, *, forgot: bool) -> bool:
    """Say whether a HELLO shows a restore that no generation stands for yet.

    Device and head office agree on the generation, or the device knows a later one. A device that
    has not caught up yet was told more than is held, too, and that is known already; but for what
    it was told since it said in this generation what it has: the database was set back to a moment
    at which it was still catching up.
    """
    if hello.generation > generation:
        return True
    if not forgot or hello.generation != generation:
        return False
    return device.generation >= generation or _was_told_since(device, hello)


def _was_told_since(device: DeviceRow, hello: Hello) -> bool:
    """Say whether a device was acknowledged more than it had when it began to catch up. An old
    acknowledgement, which comes late, is of what it had then.
    """
    told, named = hello.acknowledged, json.loads(device.catch_up or "{}")
    if told is None or told.epoch != hello.epoch:
        return False
    lives = named["lives"] if named.get("generation") == hello.generation else ()
    heads: dict[tuple[str, int], int]
    heads = {(incarnation, epoch): seq for incarnation, epoch, seq, _ in lives}
    return told.seq > heads.get((told.incarnation, told.epoch), 0)


def is_as_held(
    c: Connection, address: DeviceAddress, presence: Presence, told: str, *, now: datetime
) -> bool:
    """Note a birth of a device that is known, in one statement; answers whether all that it says
    was acknowledged is held, as it nearly always is. Else the device is to be looked at.
    """
    of = {"tenant": address.tenant, "store": address.store, "device": address.device}
    said = {f"its_{name}": value for name, value in of.items()} | {"its_epoch": presence.epoch}
    said |= {"told": told, "heard_at": rfc3339(now)}
    held = c.execute(_BORN, said).one_or_none()
    return held is not None and (held.seq is None or held.seq >= (presence.acknowledged_seq or 0))


def what_was_forgotten(
    c: Connection, device: DeviceRow, presence: Presence
) -> tuple[str, Position] | None:
    """Answer where head office stands in an epoch of which it once acknowledged more, by the word
    of a device's birth: in which incarnation, and at which place.

    Births are kept by the broker, so that a head office that starts hears them all at once. They
    are signed by nobody and prove nothing: but the device may be asked to greet.
    """
    held = [each for each in journals_of(c, device) if each.epoch == presence.epoch]
    most = max(held, key=lambda each: each.seq, default=None)
    if most is None or most.seq >= (presence.acknowledged_seq or 0) or device.state != "live":
        return None
    return most.incarnation, most.head


def raise_generation(c: Connection, hello: Hello, *, now: datetime) -> int:
    """Begin a generation above all that are known; answers it.

    It is named by the second in which it begins. One that was counted could have the name of one
    that this database forgot, when it is set back twice to the same moment: whoever had heard of
    that one would take what it knows for what is told now.
    """
    present = select(office.c.generation).with_for_update()
    known = max(int(c.execute(present).scalar_one()), hello.generation)
    generation = max(known + 1, int(now.timestamp()))
    c.execute(update(office).values(generation=generation, restored_at=rfc3339(now)))
    return generation


def name_what_is_missing(
    c: Connection, device: DeviceRow, hello: Hello, generation: int, *, anew: bool
) -> None:
    """Note what a device that knows the present generation has, all of which it must deliver.

    The first HELLO of a generation counts; ``anew`` takes a later one, where the device itself lost
    what it had named. One that is full of older epochs may have left others out: once all of it is
    held, the device greets again, and what it names then counts, too.
    """
    if device.generation >= generation or hello.generation != generation:
        return
    before = json.loads(device.catch_up) if device.catch_up else {}
    is_next = before.get("more", False) and _is_held(c, device.id, before)
    if anew or is_next or before.get("generation") != generation:
        lives = [(hello.incarnation, hello.epoch, hello.head_seq, hello.head_hash)]
        lives += [(t.incarnation, t.epoch, t.head_seq, t.head_hash) for t in hello.tails]
        more = len(hello.tails) >= MOST_TAILS
        text = json.dumps({"generation": generation, "lives": lives, "more": more})
        change_device(c, device.id, catch_up=text)
        see_whether_caught_up(c, device.id, text)
    else:
        see_whether_caught_up(c, device.id, device.catch_up)


def see_whether_caught_up(c: Connection, device_id: int, catch_up: str | None) -> bool:
    """Look whether all that a device named is held; it has caught up then. Answers whether so."""
    if catch_up is None:
        return False
    missing = json.loads(catch_up)
    if missing.get("more") or not _is_held(c, device_id, missing):
        return False
    change_device(c, device_id, catch_up=None, generation=missing["generation"])
    return True


def _is_held(c: Connection, device_id: int, missing: dict[str, Any]) -> bool:
    return all(_Life(*life).is_held(c, device_id) for life in missing["lives"])


@dataclass(frozen=True, slots=True)
class _Life:
    """One epoch as a device had it when it named what it has."""

    incarnation: str
    epoch: int
    seq: int
    hash_hex: str

    def is_held(self, c: Connection, device_id: int) -> bool:
        """Say whether its newest entry of then is held, on whatever branch."""
        if self.seq == 0:
            return True
        place: Any = (
            select(entries.c.seq)
            .join(journals, journals.c.id == entries.c.journal_id)
            .where(
                journals.c.device_id == device_id,
                journals.c.incarnation == self.incarnation,
                journals.c.epoch == self.epoch,
                entries.c.seq == self.seq,
                entries.c.hash == bytes.fromhex(self.hash_hex),
            )
        )
        return c.execute(place).first() is not None

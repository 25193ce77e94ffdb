"""Greetings in SQL: what is known of a device, and carrying out what the meeting decided.

Everything happens in the transaction that has the device's row locked, and nothing is answered
before it is committed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from agent.core.instant import rfc3339
from agent.core.values import Value
from sync.hub import incidents
from sync.hub.failing_disks import fails_often
from sync.hub.fencing import end_live, halt
from sync.hub.generations import (
    check_generation,
    name_what_is_missing,
    raise_generation,
    shows_a_restore,
)
from sync.hub.judging import Conflict
from sync.hub.keys import pin_key
from sync.hub.knowing import Acquaintance, look_up
from sync.hub.meeting import Agree, Begin, Doubt, Known, Life, Stop, Verdict, forgot, meet
from sync.hub.places import what_is_held
from sync.hub.registry import DeviceRow, JournalRow, branches_of, change_device
from sync.hub.runs import whose
from sync.messages import Challenge, Halt, Hello, Ok, Welcome

__all__ = ["Greeted", "greet"]

_Changes = dict[str, Any]
"""Columns of the device's row: they are written in one statement, at the end."""

_HALTED = {
    "two_live": "Two devices use this name. Sales go on; a person at head office must look.",
    "retired": "This device was retired at head office. Sales go on and stay here.",
    "key": "This device signs with a key that is not the one head office knows. Sales go on, and "
    "in some minutes it is welcomed as a new life. Look whether it is this device.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeted:
    """What a HELLO led to: answers for the device, and what a clerk should read of."""

    verdict: Verdict
    answers: tuple[Value, ...]
    held: tuple[JournalRow, ...] = ()
    """All journals of the device."""
    conflicts: tuple[Conflict, ...] = field(default=())


def greet(
    c: Connection, device: DeviceRow, hello: Hello, *, now: datetime, mint: Callable[[], str]
) -> Greeted:
    """Judge a HELLO whose signature is good, and carry the verdict out. Raises Refused."""
    met = look_up(c, device, hello)
    known, generation = met.known, met.generation
    check_generation(hello, generation, now=now)
    verdict = meet(known, hello)
    conflicts: list[Conflict] = []
    if not isinstance(verdict, Stop):
        generation = _see_a_restore(c, device, hello, met, conflicts, now=now)
    changes: _Changes = {}
    if not met.held and hello.generation < generation and forgot(known, hello):
        # Another one has shown the restore already: this one was forgotten whole, and its row made
        # as that of a device that was never told anything.
        changes["generation"] = hello.generation
    match verdict:
        case Agree():
            changes["challenge"] = None
            answer: Value = _ok(c, met.held, hello, verdict.held, generation, now=now)
        case Doubt():
            # The same one until it is answered, so that answers that cross do no harm.
            challenge = changes["challenge"] = device.challenge or mint()
            answer = Challenge(nonce=hello.nonce, challenge=challenge, generation=generation)
        case Begin():
            conflicts += _begin(c, device, hello, verdict, known, changes, now=now)
            answer = Welcome(
                nonce=hello.nonce,
                new_epoch=verdict.epoch,
                time=rfc3339(now),
                generation=generation,
            )
        case Stop():
            return _stop(c, device, hello, verdict, now=now)
    _write_device(c, device, hello, verdict, generation, changes, now=now)
    return Greeted(verdict=verdict, answers=(answer,), held=met.held, conflicts=tuple(conflicts))


def _see_a_restore(
    c: Connection,
    device: DeviceRow,
    hello: Hello,
    met: Acquaintance,
    conflicts: list[Conflict],
    *,
    now: datetime,
) -> int:
    """Raise the generation where this HELLO shows that head office was set back; answers it."""
    was_set_back = shows_a_restore(
        device, hello, met.generation, forgot=forgot(met.known, hello)
    ) or _heard_another(c, device, hello, met)
    if not was_set_back:
        return met.generation
    generation = raise_generation(c, hello, now=now)
    conflicts.append(incidents.head_office_restored(device.address, generation))
    return generation


def _heard_another(c: Connection, device: DeviceRow, hello: Hello, met: Acquaintance) -> bool:
    """Say whether a device heard the feed, under this generation, of another life of the database:
    that shows a restore which left no entry of its own behind.
    """
    place = hello.feed
    if place is None or hello.generation != met.generation:
        return False
    return whose(c, device.tenant, met.newest, place.cursor, place.run) == "another"


def _ok(
    c: Connection,
    held: Sequence[JournalRow],
    hello: Hello,
    live: Life,
    generation: int,
    *,
    now: datetime,
) -> Ok:
    return Ok(
        nonce=hello.nonce,
        epoch=live.epoch,
        seq=live.seq,
        hash=live.hash.hex(),
        time=rfc3339(now),
        generation=generation,
        tails=tuple(
            what_is_held(c, branches_of(held, tail.incarnation, tail.epoch), tail)
            for tail in hello.tails
        ),
    )


def _begin(
    c: Connection,
    device: DeviceRow,
    hello: Hello,
    begin: Begin,
    known: Known,
    changes: _Changes,
    *,
    now: datetime,
) -> list[Conflict]:
    """End what counted, and offer a new epoch to whoever greeted."""
    if begin.again:
        return []
    if begin.fence is not None:
        end_live(c, device, begin.fence, begin.because)
    changes.update(
        state="live",
        challenge=None,
        highest_epoch=begin.epoch,
        welcomed_incarnation=hello.incarnation,
        welcomed_from_epoch=hello.epoch,
        welcomed_epoch=begin.epoch,
    )
    is_new_key = device.public_key is not None and device.public_key != hello.key
    if known.key is None:
        pin_key(c, device, hello.incarnation, hello.key)
        changes["public_key"] = hello.key
    if begin.finding is None:
        return []
    if fails_often(c, device, now=now):
        return [incidents.disk_keeps_failing(device, now.date())]
    return [incidents.disk_found(device, hello, begin, new_key=is_new_key)]


def _stop(c: Connection, device: DeviceRow, hello: Hello, stop: Stop, *, now: datetime) -> Greeted:
    text = _HALTED[stop.reason]
    if stop.reason != "key":
        change_device(c, device.id, last_seen_at=rfc3339(now))
    answers = [Halt(nonce=hello.nonce, reason=stop.reason, text=text)]
    conflicts: tuple[Conflict, ...] = ()
    if stop.both:
        halt(c, device, text)
        answers.append(Halt(reason=stop.reason, text=text))
        conflicts = (incidents.disk_cloned(device, hello),)
    elif stop.reason == "key":
        conflicts = (incidents.refused(device.address, "bad_signature", text, now.date()),)
    return Greeted(verdict=stop, answers=tuple(answers), conflicts=conflicts)


def _write_device(
    c: Connection,
    device: DeviceRow,
    hello: Hello,
    verdict: Verdict,
    generation: int,
    changes: _Changes,
    *,
    now: datetime,
) -> None:
    """Write what changed of the device, that it was heard, and what it must deliver where that is
    still open.
    """
    version = hello.version or device.version
    change_device(c, device.id, **changes, last_seen_at=rfc3339(now), version=version)
    lost_some = isinstance(verdict, Begin) and not verdict.again
    name_what_is_missing(c, device, hello, generation, anew=lost_some)

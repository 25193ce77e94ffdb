"""Greetings in SQL: what is known of a device, and carrying out what the meeting decided.

Everything happens in the transaction that has the device's row locked, and nothing is answered
before it is committed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from agent.core.instant import rfc3339
from agent.core.values import Value
from sync.hub import incidents
from sync.hub.fencing import end_live, halt
from sync.hub.generations import (
    check_generation,
    has_restarted,
    name_what_is_missing,
    office_generation,
    raise_generation,
)
from sync.hub.judging import Conflict
from sync.hub.keys import key_of, pin_key
from sync.hub.meeting import Agree, Begin, Doubt, Known, Life, Offer, Stop, Verdict, forgot, meet
from sync.hub.places import is_followed, is_held, what_is_held
from sync.hub.registry import (
    DeviceRow,
    JournalRow,
    change_device,
    find_branches,
    journal,
    journals_of,
)
from sync.messages import Challenge, Halt, Hello, Ok, Welcome

__all__ = ["Greeted", "greet"]

_HALTED = {
    "two_live": "Two devices use this name. Sales go on; a person at head office must look.",
    "retired": "This device was retired at head office. Sales go on and stay here.",
    "key": "This device signs with a key that is not the one head office knows. Sales go on; a "
    "person at head office must look.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeted:
    """What a HELLO led to: answers for the device, and what a clerk should read of."""

    verdict: Verdict
    answers: tuple[Value, ...]
    conflicts: tuple[Conflict, ...] = field(default=())


def greet(
    c: Connection, device: DeviceRow, hello: Hello, *, now: datetime, mint: Callable[[], str]
) -> Greeted:
    """Judge a HELLO whose signature is good, and carry the verdict out. Raises Refused."""
    generation = office_generation(c)
    check_generation(hello, generation, now=now)
    known = _known(c, device, hello)
    verdict = meet(known, hello)
    conflicts: list[Conflict] = []
    if not isinstance(verdict, Stop):
        generation = _see_a_restore(c, device, hello, known, generation, conflicts, now=now)
    match verdict:
        case Agree():
            answer: Value = _agree(c, device, hello, verdict.held, generation, now=now)
        case Doubt():
            answer = _doubt(c, device, hello, generation, mint)
        case Begin():
            conflicts += _begin(c, device, hello, verdict, known)
            answer = Welcome(
                nonce=hello.nonce,
                new_epoch=verdict.epoch,
                time=rfc3339(now),
                generation=generation,
            )
        case Stop():
            return _stop(c, device, hello, verdict, now=now)
    _note_visit(c, device, hello, verdict, generation, now=now)
    return Greeted(verdict=verdict, answers=(answer,), conflicts=tuple(conflicts))


def _known(c: Connection, device: DeviceRow, hello: Hello) -> Known:
    held = journals_of(c, device)
    branches = [each for each in held if _is_named(each.incarnation, each.epoch, hello)]
    live = None if device.journal_id is None else journal(c, device.journal_id)
    most = max((each.seq for each in branches), default=0)
    acknowledged = hello.acknowledged
    differs = (
        acknowledged is not None
        and _is_named(acknowledged.incarnation, acknowledged.epoch, hello)
        and acknowledged.seq <= most
        and not is_held(c, branches, acknowledged.seq, acknowledged.hash)
    )
    return Known(
        state=device.state,  # type: ignore[arg-type]  # the table says which states there are
        challenge=device.challenge,
        highest_epoch=device.highest_epoch,
        newest_held=max((each.epoch for each in held), default=0),
        live=None if live is None else _life(live),
        offer=_offer(device),
        key=key_of(c, device, hello.incarnation),
        named_held_seq=most,
        named_fenced=any(each.fenced is not None for each in branches),
        is_followed=is_followed(c, held, hello),
        acknowledged_differs=differs,
    )


def _life(held: JournalRow) -> Life:
    return Life(incarnation=held.incarnation, epoch=held.epoch, seq=held.seq, hash=held.hash)


def _is_named(incarnation: str, epoch: int, hello: Hello) -> bool:
    return (incarnation, epoch) == (hello.incarnation, hello.epoch)


def _offer(device: DeviceRow) -> Offer | None:
    if device.welcomed_epoch is None or device.welcomed_incarnation is None:
        return None
    return Offer(
        incarnation=device.welcomed_incarnation,
        from_epoch=device.welcomed_from_epoch or 0,
        epoch=device.welcomed_epoch,
    )


def _see_a_restore(
    c: Connection,
    device: DeviceRow,
    hello: Hello,
    known: Known,
    generation: int,
    conflicts: list[Conflict],
    *,
    now: datetime,
) -> int:
    """Raise the generation where this HELLO shows that head office was set back; answers it."""
    if not has_restarted(device, hello, generation, forgot=forgot(known, hello)):
        return generation
    generation = raise_generation(c, hello, now=now)
    conflicts.append(incidents.head_office_restored(device.address, generation))
    return generation


def _agree(
    c: Connection, device: DeviceRow, hello: Hello, held: Life, generation: int, *, now: datetime
) -> Ok:
    change_device(c, device.id, challenge=None)
    return Ok(
        nonce=hello.nonce,
        epoch=held.epoch,
        seq=held.seq,
        hash=held.hash.hex(),
        time=rfc3339(now),
        generation=generation,
        tails=tuple(
            what_is_held(c, find_branches(c, device, tail.incarnation, tail.epoch), tail)
            for tail in hello.tails
        ),
    )


def _doubt(
    c: Connection, device: DeviceRow, hello: Hello, generation: int, mint: Callable[[], str]
) -> Challenge:
    """Challenge; the same until it is answered, so that answers that cross do no harm."""
    challenge = device.challenge or mint()
    change_device(c, device.id, challenge=challenge)
    return Challenge(nonce=hello.nonce, challenge=challenge, generation=generation)


def _begin(
    c: Connection, device: DeviceRow, hello: Hello, begin: Begin, known: Known
) -> list[Conflict]:
    """End what counted, and offer a new epoch to whoever greeted."""
    if begin.again:
        return []
    if begin.fence is not None:
        end_live(c, device, begin.fence, begin.because)
    change_device(
        c,
        device.id,
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
    if begin.finding is None:
        return []
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


def _note_visit(
    c: Connection,
    device: DeviceRow,
    hello: Hello,
    verdict: Verdict,
    generation: int,
    *,
    now: datetime,
) -> None:
    """Remember that the device was heard, and what it must deliver where that is still open."""
    change_device(c, device.id, last_seen_at=rfc3339(now), version=hello.version or device.version)
    lost_some = isinstance(verdict, Begin) and not verdict.again
    name_what_is_missing(c, device, hello, generation, anew=lost_some)

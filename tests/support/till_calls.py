"""What a POS asks for, as a till's own use cases: each call sent, its answer and whether it was one
that had been given before.
"""

from datetime import date
from typing import Any, NamedTuple

from argon2 import PasswordHasher

from agent.core.basket import Sale
from agent.till import Back, Enrolment, Till, Wish
from agent.till.adjustments import Adjustment
from agent.till.cards import Block, MoreCard, Replacement
from agent.till.profiles import Personal

__all__ = ["APPROVER", "NO_ENTRY", "PIN", "PIN_HASHES", "Call", "send"]

APPROVER = "bea"
PIN = "2580"
PIN_HASHES = {APPROVER: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)}
"""Cheap on purpose: how dear a PIN is, other tests say."""
NO_ENTRY = ("profile", "erase")
"""What is kept beside the journal."""


class Call(NamedTuple):
    """One request of a POS: what it asks for, under which ids, with what."""

    what: str
    ids: tuple[str, ...]
    body: dict[str, Any]


async def send(till: Till, call: Call) -> tuple[Any, bool]:
    """Do with a till what a call says."""
    answer: tuple[Any, bool]
    ids, body = call.ids, call.body
    match call.what:
        case "commit":
            committed = await till.commit(*ids, Sale.model_validate(body))
            answer = committed.answer, committed.replay
        case "claim":
            at = {name: body.get(name) for name in ("lane", "cashier")}
            committed = await till.claim(*ids, body["token"], **at)
            answer = committed.answer, committed.replay
        case "void":
            said = body.get("business_date")
            at = {name: body.get(name) for name in ("lane", "cashier")}
            day = None if said is None else date.fromisoformat(said)
            answer = await till.void(*ids, business_date=day, **at)
        case "return":
            answer = await till.take_back(*ids, Back.model_validate(body))
        case "hold":
            answer = await till.hold(*ids, Wish.model_validate(body))
        case "capture":
            answer = await till.capture(*ids, points=body["points"])
        case "release":
            answer = await till.release(*ids)
        case "adjust":
            answer = await till.adjust(ids[0], Adjustment(reason="goodwill", **body))
        case _:
            answer = await _send_about_members(till, call)
    return answer


async def _send_about_members(till: Till, call: Call) -> tuple[Any, bool]:
    answer: tuple[Any, bool]
    ids, body = call.ids, call.body
    match call.what:
        case "enrol":
            known = {name: body.get(name) for name in ("phone", "birthday")}
            enrolment = Enrolment(token=ids[0], **known)
            answer = await till.members.enrol(enrolment), False
        case "block":
            answer = await till.members.block_card(*ids, Block(**body))
        case "replace":
            answer = await till.members.replace_card(*ids, Replacement(**body))
        case "more":
            answer = await till.members.add_card(*ids, MoreCard(**body))
        case "profile":
            personal = Personal(
                phone=body["phone"], display_name=body["name"], birthday=body.get("birthday")
            )
            answer = await till.members.put_profile(*ids, personal), False
        case _:
            await till.members.erase_profile(*ids)
            answer = Personal(), False
    return answer

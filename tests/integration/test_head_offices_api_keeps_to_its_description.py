"""Head office's API does what its description says: every answer is one it documents."""

import json
from functools import cache
from typing import Any

import pytest
import schemathesis
from books import EDGE, NOW, OTHER, Books, Life, a_hold, a_sale
from clerk import CLERK, Clerk
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.types import Receive, Scope, Send

from agent.core.facts import Enrol, LeaseGrant
from agent.core.instant import rfc3339
from agent.paths import shipped_config, shipped_program
from agent.web.limits import MAX_BODY_BYTES
from sync.hub import incidents
from sync.hub.api import create_app
from sync.hub.decisions import note
from sync.hub.health import HubHealth
from sync.hub.quarantine import put_aside

CARD, OTHERS = "em4100:0C000621A5", "em4100:0C000621B7"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
KNOWN: dict[str, list[Any]] = {
    "account": ["a-1", "a-2"],
    "into": ["a-1", "a-2"],
    "token": [CARD, OTHERS],
    "by": ["em4100:0C000621A6", OTHERS],
    "program": ["simple"],
    "promotion": ["rain"],
    "device_id": [1, 2],
    "conflict_id": [1, 2],
    "message_id": [1, 2],
    "store": [EDGE.store],
}
"""What head office knows, by the name of the field or parameter that asks for it."""


def a_head_office() -> Books:
    """Two stores, two members, a program and a conflict that waits for a look."""
    books = Books("sqlite://")
    books.device()
    books.device(OTHER)
    here = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    books.take(here.batch())
    opened = here.then(1).write(LeaseGrant(account="a-1", granted_total=40, generation=0))
    books.take(opened.write(a_hold("r-1", "a-1", 5)).batch())
    there = Life(0, "disk-2", Enrol(account="a-2", token=OTHERS), a_sale("s-1", "a-2", 30))
    books.take(there.batch(), OTHER)
    odd = incidents.refused(EDGE, "malformed_message", "it was odd", NOW.date())
    books.database.transact(lambda c: note(c, EDGE.tenant, odd, now=NOW))
    aside = (EDGE.topic("journal"), b"\x00\xff", "malformed_message: it was odd")
    books.database.transact(lambda c: put_aside(c, *aside, now=rfc3339(NOW)))
    text = shipped_program("simple").read_text("utf-8")
    assert Clerk(books).put("/v1/programs/simple", json={"text": text}).status_code == 200
    return books


def an_api(books: Books) -> FastAPI:
    """Head office's API over its books."""
    well = HubHealth(status="ok", reasons=(), online=True, workers=1, entries=0, refused_messages=0)
    return create_app(
        database=books.database,
        now=lambda: NOW,
        health=lambda: well,
        metrics=lambda: b"tapledger_up 1\n",
        tokens={"ana": CLERK},
    )


@cache
def an_app() -> FastAPI:
    """The one that all calls go to."""
    return an_api(a_head_office())


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    """It is made before anybody calls, as a clerk puts the program."""
    an_app()


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Let it answer."""
    await an_app()(scope, receive, send)


CALLS = schemathesis.openapi.from_path(shipped_config("openapi-hub.json"))
CALLS.app = answer  # in this process


@CALLS.given(data=st.data())
@CALLS.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    phases=set(Phase) - {Phase.explicit},
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_every_answer_is_one_that_is_described(
    case: schemathesis.Case, data: st.DataObject
) -> None:
    """No request, well formed or not, brings a fault of head office's own, a status, a media type
    or a body that its description does not have.
    """
    for holder in (case.path_parameters, case.query, case.body):
        if isinstance(holder, dict):
            for name in sorted(holder.keys() & KNOWN.keys()):
                if data.draw(st.booleans()):
                    holder[name] = data.draw(st.sampled_from(KNOWN[name]))
    assume(len(json.dumps(case.body, default=str)) < MAX_BODY_BYTES)
    headers = {"Authorization": f"Bearer {CLERK}"}
    case.call_and_validate(headers=headers, checks=CHECKS)

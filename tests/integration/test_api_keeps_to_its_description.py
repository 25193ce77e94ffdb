"""The API does what its description says: whatever is asked, every answer is one it documents."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
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

from agent.core.tokens import Token
from agent.paths import shipped_config
from agent.tools.site import TILL_TOKEN, StoreKit
from agent.web.limits import MAX_BODY_BYTES
from drivers.virtual.pos import NO_TLS

DESCRIPTION = schemathesis.openapi.from_path(shipped_config("openapi-agent.json"))
_STREAMS = ["/v1/events", "/v1/devices/events"]  # they never end, and have tests of their own
CALLS = DESCRIPTION.exclude(path=_STREAMS)

_TILL = {"Authorization": f"Bearer {TILL_TOKEN}"}

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store that nobody else uses: some requests freeze it."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("asked"), lane_names=("1", "2"))
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture(scope="module")
def known(store: StoreKit, make_sale: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What the store knows, by the name of the field or parameter that asks for it."""
    card = Token("em4100", "5EAF000001")
    with httpx.Client(base_url=store.url, headers=_TILL, timeout=10, verify=NO_TLS) as till:
        account = till.post("/v1/accounts", json={"token": str(card)}).json()["account"]
        sale_ids, redemption_ids = [], []
        for amount_minor in (90_000, 70_000, 50_000):
            sale_ids.append(uuid.uuid4().hex)
            sale = make_sale(amount_minor=amount_minor, token=str(card))
            assert till.put(f"/v1/sales/{sale_ids[-1]}", json=sale).status_code == 201
        for _ in range(3):
            redemption_ids.append(uuid.uuid4().hex)
            wish = {"token": str(card), "reward": "coffee"}
            assert till.put(f"/v1/redemptions/{redemption_ids[-1]}", json=wish).status_code == 201
    return {
        "token": [str(card), "phone:+12125550100", "0C000621A5"],
        "by": [str(card), "em4100:5EAF000002"],
        "account": [account],
        "sale_id": sale_ids,
        "redemption_id": redemption_ids,
        "return_id": ["back-1", "back-2"],
        "lane": ["1", "2"],
        "to": ["1", "2"],
        "reward": ["coffee"],
        "business_date": ["2026-11-21"],
    }


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all of them, with the till's token."""
    with requests.Session() as session:
        session.headers.update(_TILL)
        yield session


@CALLS.given(data=st.data())
@CALLS.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    phases=set(Phase) - {Phase.explicit},  # the examples themselves are held by a unit test
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_every_answer_is_one_that_is_described(
    case: schemathesis.Case,
    data: st.DataObject,
    store: StoreKit,
    session: requests.Session,
    known: dict[str, Any],
) -> None:
    """No request, well formed or not, brings a fault of the agent's own, a status, a media type or
    a body that its description does not have.
    """
    for holder in (case.path_parameters, case.query, case.body):
        if isinstance(holder, dict):
            for name in sorted(holder.keys() & known.keys()):
                if isinstance(holder[name], str) and data.draw(st.booleans()):
                    holder[name] = data.draw(st.sampled_from(known[name]))
    # A server need not read on what is too large; test_api_body_limit.py holds what it answers.
    assume(len(json.dumps(case.body, default=str)) < MAX_BODY_BYTES)
    case.call_and_validate(base_url=store.url, session=session, checks=CHECKS)

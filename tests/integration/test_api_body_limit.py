"""A body over the limit is refused while it arrives."""

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from agent.tools.site import StoreKit
from drivers.virtual.pos import NO_TLS

JSON = {"content-type": "application/json"}
MEGABYTES_10 = 10 * 1024 * 1024


@pytest.fixture
def long_sale(make_sale: Callable[..., dict[str, Any]]) -> bytes:
    """A sale that is good but for the blanks that make it 10 MB long."""
    return json.dumps(make_sale()).encode().ljust(MEGABYTES_10)


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def test_declared_length(
    till: httpx.Client,
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
    long_sale: bytes,
) -> None:
    """A body of 10 MB that says so is 413 too_large and not written."""
    before = journal_seq()
    answer = till.put(f"/v1/sales/{new_sale_id()}", content=long_sale, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert journal_seq() == before


def test_undeclared_length(
    till: httpx.Client,
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
    long_sale: bytes,
) -> None:
    """A body of 10 MB that comes in chunks, its length unsaid, is 413 too_large too."""
    before = journal_seq()
    answer = till.put(f"/v1/sales/{new_sale_id()}", content=_chunks(long_sale), headers=JSON)
    assert journal_seq() == before
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"


def test_health_reads_no_body(store: StoreKit) -> None:
    """``/healthz`` is 200 whatever comes with it: the limit is for calls that read a body."""
    body = bytes(2 * 1024 * 1024)
    answer = httpx.request("GET", f"{store.url}/healthz", content=body, timeout=10, verify=NO_TLS)
    assert answer.status_code == 200
    chunked = httpx.request(
        "GET", f"{store.url}/healthz", content=_chunks(body), timeout=10, verify=NO_TLS
    )
    assert chunked.status_code == 200


def test_chunks_below_the_limit(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A sale of 1 MB that comes in chunks is taken."""
    body = json.dumps(make_sale()).encode().ljust(1024 * 1024)
    answer = till.put(f"/v1/sales/{new_sale_id()}", content=_chunks(body), headers=JSON)
    assert answer.status_code == 201


def test_refused_while_it_arrives(
    store: StoreKit,
    till: httpx.Client,
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
    long_sale: bytes,
) -> None:
    """A body over the limit is refused as soon as it is over, though its end never comes."""
    before = journal_seq()
    caller = http.client.HTTPConnection("127.0.0.1", store.port, timeout=30)
    with contextlib.closing(caller):
        caller.putrequest("PUT", f"/v1/sales/{new_sale_id()}")
        caller.putheader("Authorization", till.headers["Authorization"])
        caller.putheader("Content-Type", "application/json")
        caller.putheader("Transfer-Encoding", "chunked")
        caller.endheaders()
        for chunk in _chunks(long_sale[: 1024 * 1024 + 1]):
            caller.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        answer = caller.getresponse()
        assert 400 <= answer.status < 500
        assert answer.headers["content-type"] == "application/problem+json"
    assert journal_seq() == before

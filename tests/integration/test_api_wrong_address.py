"""What is not there is answered with a problem, like everything else that goes wrong."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/sales/nl%0A"),
        ("PUT", "/v1/sales/%0A"),
        ("PUT", "/v1/sales/one%2Ftwo%0A"),
        ("PUT", "/v1/sales/nl%0A/claim"),
        ("DELETE", "/v1/sales/nl%0A"),
        ("PUT", "/v1/sales/nl/returns/r%0A"),
        ("PUT", "/v1/redemptions/nl%0A"),
        ("DELETE", "/v1/redemptions/nl%0A"),
        ("POST", "/v1/redemptions/nl%0A/capture"),
        ("POST", "/v1/accounts/nl%0A/adjust"),
        ("POST", "/v1/accounts/nl%0A/cards"),
        ("PUT", "/v1/accounts/nl%0A/profile"),
        ("DELETE", "/v1/accounts/nl%0A/profile"),
        ("GET", "/v1/days/2026-11-22%0A"),
    ],
)
def test_a_line_feed_is_part_of_no_id(
    till: httpx.Client, make_sale: Callable[..., dict[str, Any]], method: str, path: str
) -> None:
    """An id that ends in a line feed is another than the one before it, and is refused."""
    answer = till.request(method, path, json=make_sale() if method == "PUT" else None)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    places = {error["at"].partition(".")[0] for error in answer.json()["errors"]}
    assert "path" in places, answer.text


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/nothing-here", "There is nothing at this address"),
        ("GET", "/v1/identify", "This address does not take that method"),
    ],
)
def test_a_wrong_address_is_said_in_words(
    till: httpx.Client, method: str, path: str, detail: str
) -> None:
    """What is wrong is a sentence, not the name of a status."""
    assert till.request(method, path).json()["detail"] == detail


def test_a_missing_token_is_said_in_words(till: httpx.Client) -> None:
    """The same for a call without its token."""
    headers = {"Authorization": "Bearer nobody-has-this"}
    answer = till.post("/v1/identify", json={"token": "em4100:0C000621A5"}, headers=headers)
    assert answer.json()["detail"] == "The bearer token is missing or wrong"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing-here", 404, "not_found"),
        ("GET", "/v1", 404, "not_found"),
        ("PUT", "/v1/sales/line%0Afeed", 422, "malformed"),
        ("PUT", "/v1/sales/", 422, "malformed"),
        ("PUT", "/v1/sales/one%2Ftwo", 422, "malformed"),
        ("GET", "/static/../agent.toml", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/lane/nobody-has-this", 404, "not_found"),
        ("GET", "/v1/events?lane=nobody-has-this", 404, "unknown_lane"),
        ("GET", "/v1/events", 422, "malformed"),
        ("GET", "/v1/identify", 405, "method_not_allowed"),
        ("DELETE", "/v1/accounts", 405, "method_not_allowed"),
        ("POST", "/v1/sales/one", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("PATCH", "/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_wrong_address(till: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    """A wrong path, lane or method is a problem with its own status and code."""
    answer = till.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"

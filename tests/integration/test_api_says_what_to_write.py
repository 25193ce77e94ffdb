"""A malformed request is answered with what to write, in words: no library's, no expression."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.core.mistakes import IN_FORM

CARD = "em4100:0C000621A5"

_WHOLE = "write it as a whole number, without quotes"
_CODE = 'write 1 to 64 letters, digits or signs of ASCII, without spaces, such as "coffee"'


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        (
            "PUT",
            "/v1/redemptions/two%20words",
            {"token": CARD, "points": 500},
            "path.redemption_id: write up to 64 printable ASCII characters without a space or a "
            "slash",
        ),
        (
            "POST",
            "/v1/accounts",
            {"token": CARD, "phon": "+1 212 555 0123"},
            "phon: it is not known here; did you mean 'phone'?",
        ),
        ("POST", "/v1/identify", {"token": CARD, "colour": 1}, "colour: it is not known here"),
        ("POST", "/v1/identify", {}, "token: it is missing"),
        ("POST", "/v1/identify", {"token": 7}, "token: write it as a text, in quotes"),
        ("POST", "/v1/identify", {"token": ""}, "token: write at least 1 character"),
        ("POST", "/v1/identify", {"token": "x" * 129}, "token: write at most 128 characters"),
        (
            "POST",
            "/v1/identify",
            {"token": CARD, "entry": "guessed"},
            "entry: write 'read' or 'typed'",
        ),
        ("POST", "/v1/identify", {"token": CARD, "lane": "1 2"}, f"lane: {_CODE}"),
        ("PUT", "/v1/redemptions/r", {"token": CARD, "points": "5"}, f"points: {_WHOLE}"),
        ("PUT", "/v1/redemptions/r", {"points": 5}, "token: it is missing"),
        ("PUT", "/v1/redemptions/r", {"voucher": 5}, "voucher: write it as a text, in quotes"),
        ("PUT", "/v1/redemptions/r", {"voucher": "x", "points": 5}, "points: it is not known here"),
        (
            "PUT",
            "/v1/redemptions/r",
            {"token": CARD, "reward": "a", "vouche": "x"},
            "vouche: it is not known here",
        ),
        ("PUT", "/v1/vouchers/v", {"token": CARD, "points": 0}, "points: write 1 or more"),
        ("PUT", "/v1/vouchers/v", {"token": CARD}, "points: it is missing"),
        ("PUT", "/v1/redemptions/r", {"token": CARD, "points": 0}, "points: write 1 or more"),
        (
            "PUT",
            "/v1/redemptions/r",
            {"token": CARD, "points": 10**10},
            "points: write 1000000000 or less",
        ),
        (
            "GET",
            "/v1/days/2026-13-22",
            None,
            "path.business_date: there is no such day; write it as YYYY-MM-DD",
        ),
        ("GET", "/v1/days/tomorrow", None, "path.business_date: write it as YYYY-MM-DD"),
        ("POST", "/v1/identify", [1], "the body: write it as an object, with names and values"),
        ("POST", "/v1/identify", None, "the body: it is missing"),
    ],
)
def test_a_field_is_told_what_to_hold(
    till: httpx.Client, method: str, path: str, body: Any, detail: str
) -> None:
    """Which field it is, and what to write there."""
    answer = till.request(method, path, json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"business_date": "2026-02-30"}, "there is no such day; write it as YYYY-MM-DD"),
        (
            {"occurred_at": "2026-11-21T10:15:00"},
            "write it as RFC 3339 has it, with an offset: 2026-11-21T14:05:09+01:00",
        ),
        (
            {"occurred_at": "2026-11-21T25:15:00Z"},
            "write it as RFC 3339 has it, with an offset: 2026-11-21T14:05:09+01:00",
        ),
        ({"currency": "usd"}, IN_FORM[r"^[A-Z]{3}$"]),
        ({"total_minor": 14.25}, _WHOLE),
    ],
)
def test_a_sale_is_told_what_to_hold(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    changes: dict[str, Any],
    detail: str,
) -> None:
    """The same for what a basket holds."""
    answer = till.put("/v1/sales/never-taken", json=make_sale() | changes)
    (field,) = changes
    assert (answer.status_code, answer.json()["detail"]) == (422, f"{field}: {detail}")


def test_json_that_breaks_off_is_told_where(till: httpx.Client) -> None:
    """The place, and that it is no JSON."""
    headers = {"content-type": "application/json"}
    answer = till.post("/v1/identify", content=b'{"token":', headers=headers)
    assert answer.json()["detail"] == "9: from this character on, this is not JSON"


def test_no_form_of_the_api_is_told_as_a_regular_expression(till: httpx.Client) -> None:
    """Whatever form a field or a parameter has, there are words for it."""

    def patterns(schema: Any) -> set[str]:
        found = set()
        for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
            if key == "pattern" and isinstance(inner, str):
                found.add(inner)
            elif isinstance(inner, dict | list):
                found |= patterns(inner)
        return found

    forms = patterns(till.get("/openapi.json").json())
    assert forms
    assert forms <= set(IN_FORM)

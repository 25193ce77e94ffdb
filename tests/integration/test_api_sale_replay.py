"""A sale_id is applied once and always answered the same."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token


@pytest.fixture
def member(till: httpx.Client, new_card: Callable[[], Token]) -> str:
    """The token of a card that has an account."""
    token = str(new_card())
    assert till.post("/v1/accounts", json={"token": token}).status_code == 201
    return token


def test_same_sale_again(
    till: httpx.Client,
    member: str,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
) -> None:
    """The same sale again is 200, marked as a replay, with the very bytes of the first answer."""
    path, sale = f"/v1/sales/{new_sale_id()}", make_sale(token=member)
    first = till.put(path, json=sale)
    assert first.status_code == 201
    assert first.json()["points"] == 14
    assert "Idempotent-Replay" not in first.headers
    written = journal_seq()
    for _ in range(3):
        again = till.put(path, json=sale)
        assert again.status_code == 200
        assert again.headers["Idempotent-Replay"] == "true"
        assert again.content == first.content
    assert journal_seq() == written
    balance = till.post("/v1/identify", json={"token": member}).json()["balance"]
    assert balance == 14


def test_replay_is_not_moved_by_later_sales(
    till: httpx.Client,
    member: str,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A replay answers the balance as it was then, not as it is now."""
    path, sale = f"/v1/sales/{new_sale_id()}", make_sale(token=member)
    first = till.put(path, json=sale)
    till.put(f"/v1/sales/{new_sale_id()}", json=sale).raise_for_status()
    again = till.put(path, json=sale)
    assert again.content == first.content
    assert again.json()["balance"] == 14


@pytest.mark.parametrize(
    "moved",
    [
        {"lane": "2"},
        {"cashier": "c7"},
        {"occurred_at": "2026-11-21T23:59:59-05:00"},
        {"lane": "9", "cashier": "c7", "occurred_at": "2026-12-01T00:00:00Z"},
    ],
    ids=["lane", "cashier", "time", "all three"],
)
def test_moved_sale_is_the_same(
    till: httpx.Client,
    member: str,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    moved: dict[str, str],
) -> None:
    """A retry from another lane, by another cashier or with another time is the same sale."""
    path, sale = f"/v1/sales/{new_sale_id()}", make_sale(token=member)
    first = till.put(path, json=sale)
    again = till.put(path, json=sale | moved)
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 1426},
        {"token": None},
        {"token": "em4100:0000000000"},
        {"business_date": "2026-11-22"},
        {"currency": "EUR"},
        {"tenders": [{"kind": "card", "amount_minor": 1425}]},
    ],
    ids=["amount", "no card", "another card", "day", "currency", "tender"],
)
def test_sale_id_reused(
    till: httpx.Client,
    member: str,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
    changes: dict[str, Any],
) -> None:
    """Another basket under a used id is 409 sale_id_reused, and nothing is written."""
    path = f"/v1/sales/{new_sale_id()}"
    first = till.put(path, json=make_sale(token=member))
    assert first.status_code == 201
    before = journal_seq()
    other = till.put(path, json=make_sale(**{"token": member, **changes}))
    assert (other.status_code, other.json()["code"]) == (409, "sale_id_reused")
    assert other.headers["content-type"] == "application/problem+json"
    assert journal_seq() == before
    assert till.put(path, json=make_sale(token=member)).content == first.content

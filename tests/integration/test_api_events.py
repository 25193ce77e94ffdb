"""A lane's event stream tells its POS what happens there, and its screen only that it did."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit

Listen = Callable[[httpx.Client, str], AbstractContextManager[Iterator[tuple[str, dict[str, Any]]]]]


@pytest.fixture
def screen(store: StoreKit, connect: Callable[..., httpx.Client]) -> httpx.Client:
    """A browser that opened lane 1 and has the cookie of that page, no token."""
    browser = connect(store)
    browser.get("/lane/1").raise_for_status()
    return browser


def _next(events: Iterator[tuple[str, dict[str, Any]]], name: str) -> dict[str, Any]:
    return next(data for kind, data in events if kind == name)


def test_status_comes_first(store: StoreKit, till: httpx.Client, listen: Listen) -> None:
    """Who begins to listen is told first how the agent is."""
    with listen(till, "1") as events:
        name, data = next(events)
    assert name == "status"
    assert (data["status"], data["readers"]) == ("ok", store.health()["readers"])


def test_unknown_card(
    store: StoreKit, till: httpx.Client, listen: Listen, new_card: Callable[[], Token]
) -> None:
    """A tap of a card nobody knows is told with its token in full, so that it can be enrolled."""
    card = new_card()
    with listen(till, "1") as events:
        _next(events, "status")
        store.lanes["1"].tap(card)
        told = _next(events, "card")
    assert (told["token"], told["status"]) == (str(card), "unknown_card")
    assert (told["lane"], told["reader"]) == ("1", "reader-1")


def test_known_card_and_sale(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    new_card: Callable[[], Token],
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A member's tap is told with token, account and balance, and the sale with its answer."""
    card, sale_id = new_card(), new_sale_id()
    account = till.post("/v1/accounts", json={"token": str(card)}).json()["account"]
    with listen(till, "1") as events:
        _next(events, "status")
        store.lanes["1"].tap(card)
        told = _next(events, "card")
        answer = till.put(f"/v1/sales/{sale_id}", json=make_sale(token=str(card))).json()
        sold = _next(events, "sale")
    assert (told["token"], told["account"], told["balance"]) == (str(card), account, 0)
    assert sold == answer | {"lane": "1"}
    assert sold["points"] == 14


def test_replay_is_no_news(
    till: httpx.Client,
    listen: Listen,
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A sale that is sent again is told once."""
    first, second, sale = new_sale_id(), new_sale_id(), make_sale()
    with listen(till, "1") as events:
        _next(events, "status")
        for sale_id in (first, first, first, second):
            till.put(f"/v1/sales/{sale_id}", json=sale).raise_for_status()
        assert _next(events, "sale")["sale_id"] == first
        assert _next(events, "sale")["sale_id"] == second


def test_lanes_do_not_hear_each_other(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    new_card: Callable[[], Token],
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """What happens at one lane is told at that lane alone."""
    first, second = new_card(), new_card()
    with listen(till, "2") as events:
        _next(events, "status")
        store.lanes["1"].tap(first)
        till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(lane="1")).raise_for_status()
        store.lanes["2"].tap(second)
        heard = [next(events)]
        while heard[-1][0] == "status":
            heard.append(next(events))
    assert (heard[-1][0], heard[-1][1]["token"]) == ("card", str(second))


def test_enrolment_is_told(
    store: StoreKit, till: httpx.Client, listen: Listen, new_card: Callable[[], Token]
) -> None:
    """A lane that was told of an unknown card is told again once the card is enrolled."""
    card = new_card()
    with listen(till, "1") as events:
        _next(events, "status")
        store.lanes["1"].tap(card)
        assert _next(events, "card")["status"] == "unknown_card"
        enrolled = till.post("/v1/accounts", json={"token": str(card), "lane": "1"}).json()
        told = _next(events, "card")
    assert (told["token"], told["account"]) == (str(card), enrolled["account"])


def test_screen_is_told_nothing(
    store: StoreKit,
    till: httpx.Client,
    screen: httpx.Client,
    listen: Listen,
    new_card: Callable[[], Token],
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A screen hears that something happened and not what: no card number reaches a browser."""
    card = new_card()
    with listen(screen, "1") as events:
        assert next(events) == ("status", {})
        store.lanes["1"].tap(card)
        assert _next(events, "card") == {}
        till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(token=str(card)))
        assert _next(events, "sale") == {}
    panel = screen.get("/lane/1/panel").raise_for_status().text
    assert card.ending in panel
    assert card.value not in panel

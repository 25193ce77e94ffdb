"""What goes on at a lane, over the wire: two cards, the wrong lane, quotes and redemptions."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit

Listen = Callable[[httpx.Client, str], AbstractContextManager[Iterator[tuple[str, dict[str, Any]]]]]


@pytest.fixture
def member(till: httpx.Client, new_card: Callable[[], Token]) -> Callable[[], Token]:
    """Take a card out of the box and enrol it."""

    def member() -> Token:
        card = new_card()
        till.post("/v1/accounts", json={"token": str(card)}).raise_for_status()
        return card

    return member


@pytest.fixture
def lay(store: StoreKit, till: httpx.Client) -> Callable[..., None]:
    """Lay cards on a lane's reader, one after the other; the first is alone there."""

    def lay(*cards: Token, lane: str = "1") -> None:
        for card in cards:
            store.lanes[lane].tap(card)
            if card is cards[0]:
                chosen = till.post(f"/v1/lanes/{lane}/card", json={"token": str(card)})
                chosen.raise_for_status()

    return lay


@pytest.fixture
def screen(store: StoreKit, connect: Callable[..., httpx.Client]) -> httpx.Client:
    """A browser that opened lane 1 and has the cookie of that page, no token."""
    browser = connect(store)
    browser.get("/lane/1").raise_for_status()
    return browser


def _next(events: Iterator[tuple[str, dict[str, Any]]], name: str, **wanted: Any) -> dict[str, Any]:
    return next(data for kind, data in events if kind == name and wanted.items() <= data.items())


def test_two_cards_are_asked_about(
    till: httpx.Client, listen: Listen, member: Callable[[], Token], lay: Callable[..., None]
) -> None:
    """The second tap is told with the question and the first card; a till settles it."""
    first, second = member(), member()
    lay(first)
    with listen(till, "1") as events:
        lay_second = {"cause": "tap", "token": str(second)}
        lay(first, second)
        told = _next(events, "card", **lay_second)
        assert (told["question"], told["first"]["token"]) == ("which_card", str(first))
        assert (told["first"]["status"], told["lane"]) == ("active", "1")
        chosen = till.post("/v1/lanes/1/card", json={"token": str(first)})
        assert (chosen.status_code, chosen.json()["question"]) == (200, None)
        assert _next(events, "card", cause="chosen")["token"] == str(first)


def test_a_card_that_is_not_asked_about(
    till: httpx.Client, member: Callable[[], Token], lay: Callable[..., None]
) -> None:
    """Choosing another card is 409 no_such_card, an unknown lane 404, no card number 422."""
    lay(member(), member())
    answers = [
        till.post("/v1/lanes/1/card", json={"token": str(member())}),
        till.post("/v1/lanes/9/card", json={"token": str(member())}),
        till.post("/v1/lanes/1/card", json={"token": "?"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "no_such_card"),
        (404, "unknown_lane"),
        (422, "malformed"),
    ]


def test_a_card_is_moved(
    till: httpx.Client, listen: Listen, member: Callable[[], Token], lay: Callable[..., None]
) -> None:
    """It leaves lane 1, is a tap at lane 2, and cannot be moved from where it is no more."""
    card = member()
    lay(card)
    with listen(till, "1") as here, listen(till, "2") as there:
        moved = till.post("/v1/lanes/1/card/move", json={"to": "2"})
        assert (moved.status_code, moved.json()["lane"]) == (200, "2")
        left, came = _next(here, "card", status="moved"), _next(there, "card")
    assert (left["to"], left["token"]) == ("2", str(card))
    assert (came["token"], came["lane"], came["cause"]) == (str(card), "2", "moved")
    answers = [
        till.post("/v1/lanes/1/card/move", json={"to": "2"}),
        till.post("/v1/lanes/2/card/move", json={"to": "2"}),
        till.post("/v1/lanes/2/card/move", json={"to": "9"}),
        till.post("/v1/lanes/9/card/move", json={"to": "1"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "no_card_shown"),
        (422, "same_lane"),
        (404, "unknown_lane"),
        (404, "unknown_lane"),
    ]


def test_quote_and_redemption_are_told(
    till: httpx.Client,
    listen: Listen,
    member: Callable[[], Token],
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A lane hears of a quote, of a hold and its end, and of a void as of the sale it ends."""
    card, sale_id, redemption = str(member()), new_sale_id(), f"/v1/redemptions/{new_sale_id()}"
    till.put(f"/v1/sales/{sale_id}", json=make_sale(amount_minor=60_000, token=card))
    with listen(till, "1") as events:
        quote = till.post("/v1/quotes", json=make_sale(token=card)).json()
        assert _next(events, "quote") == quote | {"lane": "1"}
        wish = {"token": card, "points": 500, "lane": "1"}
        held = till.put(redemption, json=wish).json()
        assert _next(events, "redemption") == held
        assert (held["lane"], held["status"]) == ("1", "held")
        till.put(redemption, json=wish).raise_for_status()  # asked again: no news
        released = till.delete(redemption).json()
        assert _next(events, "redemption") == released
        assert released["status"] == "released"
        back = till.delete(f"/v1/sales/{sale_id}").json()
        assert _next(events, "sale") == back
        assert (back["status"], back["lane"]) == ("voided", "1")


def test_a_claim_and_a_return_are_told(
    till: httpx.Client,
    listen: Listen,
    member: Callable[[], Token],
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A claim is told at the lane of its sale with what it earned, a return with what it took."""
    card, sale_id = str(member()), new_sale_id()
    till.put(f"/v1/sales/{sale_id}", json=make_sale()).raise_for_status()
    with listen(till, "1") as events:
        claimed = till.put(f"/v1/sales/{sale_id}/claim", json={"token": card}).json()
        assert _next(events, "sale") == claimed | {"lane": "1"}
        assert claimed["points"] == 14
        returned = till.put(f"/v1/sales/{sale_id}/returns/1", json={"amount_minor": 1425}).json()
        assert _next(events, "sale") == returned
        assert (returned["status"], returned["points_taken"]) == ("returned", 14)


def test_a_sale_elsewhere_is_told_where_the_account_is_shown(
    till: httpx.Client,
    listen: Listen,
    member: Callable[[], Token],
    lay: Callable[..., None],
    screen: httpx.Client,
    new_sale_id: Callable[[], str],
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """A sale at lane 2 reaches lane 1, which shows that account: no stale balance on any till."""
    card = member()
    lay(card)
    with listen(till, "1") as events:
        sale = make_sale(token=str(card), lane="2")
        till.put(f"/v1/sales/{new_sale_id()}", json=sale).raise_for_status()
        told = _next(events, "card", cause="changed")
    assert (told["token"], told["balance"]) == (str(card), 14)
    assert "<strong>14</strong>" in screen.get("/lane/1/panel").text


def test_a_screen_settles_the_question_by_place(
    till: httpx.Client,
    screen: httpx.Client,
    member: Callable[[], Token],
    lay: Callable[..., None],
) -> None:
    """A page's button names the card by its place; a page that is out of date chooses nothing."""
    first, second = member(), member()
    lay(first, second)
    panel = screen.get("/lane/1/panel").text
    assert (first.ending in panel, second.ending in panel) == (True, True)
    assert (first.value in panel, second.value in panel) == (False, False)
    action = panel.split('hx-post="/lane/1/card/second?')[1].split('"')[0]
    old = screen.post("/lane/1/card/second?seen=0", headers={"HX-Request": "true"})
    assert (old.status_code, "Use this card" in old.text) == (409, True)
    pressed = screen.post(f"/lane/1/card/second?{action}", headers={"HX-Request": "true"})
    assert (pressed.status_code, "Use this card" in pressed.text) == (200, False)
    alone = till.post("/v1/lanes/1/card", json={"token": str(second)})
    assert alone.status_code == 200
    plain = screen.post(f"/lane/1/card/first?{action}")
    assert (plain.status_code, plain.headers["location"]) == (303, "/lane/1")


@pytest.mark.parametrize(
    "path", ["/lane/1/card/first?seen=0", "/lane/1/card/first/move?to=2&seen=0"]
)
def test_a_button_works_on_its_own_page_only(
    store: StoreKit, connect: Callable[..., httpx.Client], screen: httpx.Client, path: str
) -> None:
    """Without the cookie, from another port's page or under a foreign name nothing is pressed."""
    elsewhere = {"Sec-Fetch-Site": "same-site"}
    assert connect(store).post(path).status_code == 401
    assert screen.post(path, headers=elsewhere).status_code == 403
    assert screen.post(path, headers={"Host": "evil.example"}).status_code == 403
    assert screen.post(path).status_code == 303


def test_the_customers_page_tells_no_secrets(
    screen: httpx.Client, member: Callable[[], Token], lay: Callable[..., None]
) -> None:
    """A customer reads no digit of a card; the page has the cookie and the headers of a screen."""
    card = member()
    lay(card)
    page = screen.get("/lane/1/customer")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert {"HttpOnly", "SameSite=strict"} <= set(page.headers["set-cookie"].split("; "))
    panel = screen.get("/lane/1/customer/panel").text
    assert "Welcome" in panel
    assert card.ending not in panel + page.text
    assert screen.get("/lane/9/customer").status_code == 404

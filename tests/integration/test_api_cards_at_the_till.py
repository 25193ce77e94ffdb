"""Cards are added, replaced and blocked at the till, and each call can be repeated."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from agent.core.tokens import Token

NewCard = Callable[[], Token]


@pytest.fixture
def member(till: httpx.Client, new_card: NewCard) -> dict[str, Any]:
    """A member: the account, and the card as a path has it."""
    card = str(new_card())
    return till.post("/v1/accounts", json={"token": card}).json() | {"card": card}


def status_of(till: httpx.Client, card: str) -> str:
    """Ask how a card stands."""
    return str(till.post("/v1/identify", json={"token": card}).json()["status"])


def test_one_more_card(till: httpx.Client, member: dict[str, Any], new_card: NewCard) -> None:
    """It is 201 with the account, and 200 with Idempotent-Replay when sent again."""
    place, body = f"/v1/accounts/{member['account']}/cards", {"token": str(new_card()), "lane": "1"}
    first, again = (till.post(place, json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotent-Replay"] == "true"
    assert first.json() == again.json()
    assert first.json()["account"] == member["account"]


def test_a_lost_card_is_replaced_in_one_call(
    till: httpx.Client, member: dict[str, Any], new_card: NewCard
) -> None:
    """With ``lost`` the others are lost from then on; identify says so in plain words."""
    body = {"token": str(new_card()), "lost": True}
    added = till.post(f"/v1/accounts/{member['account']}/cards", json=body)
    assert (added.status_code, added.json()["status"]) == (201, "active")
    lost = till.post("/v1/identify", json={"token": member["card"]}).json()
    assert (lost["status"], lost["redeemable_now"]) == ("lost", 0)
    assert lost["say"] == "this card was reported lost; ask for the member's new card"


def test_a_card_takes_anothers_place(
    till: httpx.Client, member: dict[str, Any], new_card: NewCard
) -> None:
    """The old one is ``replaced``; again it is the same answer, by a third card 409."""
    new, place = str(new_card()), f"/v1/cards/{member['card']}/replace"
    body = {"by": new, "lane": "1", "cashier": "c1", "reason": "worn out"}
    first, again = (till.post(place, json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (status_of(till, member["card"]), status_of(till, new)) == ("replaced", "active")
    third = till.post(place, json={"by": str(new_card())})
    assert (third.status_code, third.json()["code"]) == (409, "card_blocked")
    assert "replaced" in third.json()["detail"]


def test_a_card_is_blocked(till: httpx.Client, member: dict[str, Any]) -> None:
    """It redeems no more, and blocking it again is the same answer."""
    place = f"/v1/cards/{member['card'].removeprefix('em4100:')}/block"
    first, again = (till.post(place, json={}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["status"] == "blocked"
    held = till.put("/v1/redemptions/never", json={"token": member["card"], "points": 1})
    assert (held.status_code, held.json()["code"]) == (409, "card_blocked")
    assert till.post(place, json={"state": "lost"}).json()["status"] == "lost"


def test_another_members_card(
    till: httpx.Client, member: dict[str, Any], new_card: NewCard
) -> None:
    """It is 409 card_in_use, and nothing is written."""
    other = str(new_card())
    assert till.post("/v1/accounts", json={"token": other}).status_code == 201
    for answer in (
        till.post(f"/v1/accounts/{member['account']}/cards", json={"token": other, "lost": True}),
        till.post(f"/v1/cards/{member['card']}/replace", json={"by": other}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "card_in_use")
    assert status_of(till, member["card"]) == status_of(till, other) == "active"


def test_a_card_whose_number_has_a_slash(till: httpx.Client) -> None:
    """Its path is percent-encoded as a whole, and leads to that card."""
    card = "epc:urn:epc:id:sgtin:0614141.112345.a/b?c#d"
    assert till.post("/v1/accounts", json={"token": card}).status_code == 201
    place = f"/v1/cards/{quote(card, safe='')}/block"
    assert till.post(place, json={}).json()["status"] == "blocked"


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("em4100:FFFFFFFFFF", 404, "unknown_card"),
        ("5105105105105100", 422, "malformed"),
        ("phone:2025550143", 422, "malformed"),
        ("x" * 129, 422, "malformed"),
    ],
)
def test_what_is_no_members_card(
    till: httpx.Client, member: dict[str, Any], token: str, status: int, code: str
) -> None:
    """Unknown cards are 404, what is no card 422, and no number is repeated."""
    answers = [
        till.post(f"/v1/cards/{token}/block", json={}),
        till.post(f"/v1/cards/{token}/replace", json={"by": "em4100:FFFFFFFFFE"}),
    ]
    if status == 422:
        answers.append(till.post(f"/v1/cards/{member['card']}/replace", json={"by": token}))
        place = f"/v1/accounts/{member['account']}/cards"
        answers.append(till.post(place, json={"token": token}))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert token not in answer.text


def test_tills_only(store: Any, connect: Callable[..., httpx.Client]) -> None:
    """Without a till's token nobody touches a card or a person."""
    stranger = connect(store)
    for method, path in (
        ("POST", "/v1/accounts/a/cards"),
        ("POST", "/v1/cards/em4100:0C000621A5/replace"),
        ("POST", "/v1/cards/em4100:0C000621A5/block"),
        ("PUT", "/v1/accounts/a/profile"),
        ("DELETE", "/v1/accounts/a/profile"),
    ):
        assert stranger.request(method, path, json={}).status_code == 401

"""A card becomes an account at the till, and is known from then on."""

from collections.abc import Callable

import httpx

from agent.core.tokens import Token


def test_unknown_card(till: httpx.Client, new_card: Callable[[], Token]) -> None:
    """A card that nobody enrolled is 404 unknown_card."""
    answer = till.post("/v1/identify", json={"token": str(new_card())})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_card")
    assert answer.headers["content-type"] == "application/problem+json"


def test_enrolled_card_is_known(till: httpx.Client, new_card: Callable[[], Token]) -> None:
    """An enrolment is 201, and the card is found from then on, also by its bare number."""
    card = new_card()
    enrolled = till.post("/v1/accounts", json={"token": str(card), "lane": "1", "cashier": "c1"})
    assert enrolled.status_code == 201
    assert enrolled.json()["balance"] == 0
    for written in (str(card), card.value, card.value.lower()):
        found = till.post("/v1/identify", json={"token": written})
        assert (found.status_code, found.json()["account"]) == (200, enrolled.json()["account"])


def test_card_in_use(
    till: httpx.Client, new_card: Callable[[], Token], journal_seq: Callable[[], int]
) -> None:
    """A card that has an account is 409 card_in_use, and nothing is written."""
    card = new_card()
    account = till.post("/v1/accounts", json={"token": str(card)}).json()["account"]
    before = journal_seq()
    again = till.post("/v1/accounts", json={"token": str(card)})
    assert (again.status_code, again.json()["code"]) == (409, "card_in_use")
    assert journal_seq() == before
    assert till.post("/v1/identify", json={"token": str(card)}).json()["account"] == account


def test_payment_card_is_not_enrolled(till: httpx.Client, journal_seq: Callable[[], int]) -> None:
    """A payment card can be neither enrolled nor looked up, and its number is not repeated."""
    before = journal_seq()
    for call in ("/v1/accounts", "/v1/identify"):
        answer = till.post(call, json={"token": "5105105105105100"})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert "5105105105105100" not in answer.text
    assert journal_seq() == before

"""A sale is taken whatever card came with it and whatever currency it was paid in."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit

PAYMENT_CARD = "4111111111111111"


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, "no_card"),
        ("em4100:FFFFFFFFFF", "unknown_card"),
        ("no number at all", "unknown_card"),
        ("", "unknown_card"),
        ("em4100:", "unknown_card"),
        ("²³", "unknown_card"),
        ("061414112345678903", "unknown_card"),
        (PAYMENT_CARD, "unknown_card"),
        (f"card:{PAYMENT_CARD}", "unknown_card"),
        ("²" * 13, "unknown_card"),
    ],
    ids=ascii,
)
def test_no_card_refuses_a_sale(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    token: str | None,
    status: str,
) -> None:
    """A sale without a card, or with any text for one, is taken with 0 points."""
    answer = till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(token=token))
    assert (answer.status_code, answer.json()["status"]) == (201, status)
    assert (answer.json()["points"], answer.json()["account"]) == (0, None)


def ledger_files(store: StoreKit) -> dict[str, bytes]:
    """Every file of a running ledger, its backups too; a file may be moved while this looks."""
    files = {}
    for path in store.ledger_path.parent.rglob("ledger.db*"):
        for file in [path, *path.rglob("*")]:
            with suppress(FileNotFoundError, IsADirectoryError):
                files[file.name] = file.read_bytes()
    return files


def test_payment_card_is_found_nowhere(
    store: StoreKit,
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A payment card's number is in no ledger file, no log and no answer."""
    sale_id = new_sale_id()
    answers = [
        till.put(f"/v1/sales/{sale_id}", json=make_sale(token=PAYMENT_CARD)),
        till.put(f"/v1/sales/{sale_id}", json=make_sale(token=PAYMENT_CARD)),
        till.put(f"/v1/sales/{sale_id}", json=make_sale(token=f"card:{PAYMENT_CARD}", lane="2")),
        till.post("/v1/identify", json={"token": PAYMENT_CARD}),
        till.post("/v1/accounts", json={"token": f"card:{PAYMENT_CARD}"}),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 422, 422]
    files = ledger_files(store)
    assert {"ledger.db", "ledger.db-wal"} <= files.keys()
    assert any(sale_id.encode() in data for data in files.values())
    assert not [name for name, data in files.items() if PAYMENT_CARD.encode() in data]
    assert sale_id in store.agent.output()
    assert PAYMENT_CARD not in store.agent.output()
    assert not [answer.text for answer in answers if PAYMENT_CARD in answer.text]


def test_other_currency(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
) -> None:
    """A member's sale in another currency is taken, earns 0 points and is flagged."""
    token = str(new_card())
    account = till.post("/v1/accounts", json={"token": token}).json()["account"]
    path = f"/v1/sales/{new_sale_id()}"
    answer = till.put(path, json=make_sale(token=token, currency="EUR")).raise_for_status().json()
    assert (answer["account"], answer["points"], answer["balance"]) == (account, 0, 0)
    assert answer["flags"] == ["currency_mismatch"]
    flagless = till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(token=token)).json()
    assert (flagless["points"], flagless["flags"]) == (14, [])


def test_unknown_redemption(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
) -> None:
    """A sale with a redemption that nobody made is 404 unknown_redemption and not written."""
    before = journal_seq()
    path, sale = f"/v1/sales/{new_sale_id()}", make_sale(redemptions=["nobody-made-this"])
    answer = till.put(path, json=sale)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_redemption")
    assert answer.headers["content-type"] == "application/problem+json"
    assert journal_seq() == before


def test_longest_basket(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A basket of 10,000 lines is taken."""
    line = {"sku": "1", "category": "a", "quantity": "1", "unit_price_minor": 0, "amount_minor": 0}
    sale = make_sale(amount_minor=0, lines=[line] * 10_000)
    body = json.dumps(sale, separators=(",", ":"))
    answer = till.put(
        f"/v1/sales/{new_sale_id()}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201

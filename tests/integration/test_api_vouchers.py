"""A POS turns points into a voucher, looks it up and has it used; its code is in no log."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit


@pytest.fixture
def shop(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> tuple[StoreKit, httpx.Client, str]:
    """A store of its own, a till, and a card whose member has 1,000 points."""
    closed_store.start()
    till, card = open_till(closed_store), str(new_card())
    assert till.post("/v1/accounts", json={"token": card}).status_code == 201
    sold = till.put("/v1/sales/s-0", json=make_sale(amount_minor=100_000) | {"token": card})
    assert sold.json()["balance"] == 1_000
    return closed_store, till, card


def test_a_vouchers_life(
    shop: tuple[StoreKit, httpx.Client, str], make_sale: Callable[..., dict[str, Any]]
) -> None:
    """Issued, asked for again, looked up, held, used by a sale without a card, voided, used."""
    store, till, card = shop
    order = {"token": card, "points": 500, "lane": "1", "cashier": "ana"}
    first, again = (till.put("/v1/vouchers/v-1", json=order) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json(), again.headers["Idempotent-Replay"]) == (again.json(), "true")
    code = first.json()["code"]
    assert first.json() | {"balance": 500, "value_minor": 500, "good_until": None} == first.json()
    assert till.get(f"/v1/vouchers/{code.lower()}").json()["state"] == "issued"
    held = till.put("/v1/redemptions/r-1", json={"voucher": code.replace("-", ""), "lane": "1"})
    assert held.status_code == 201
    assert held.json() | {"voucher": code, "value_minor": 500, "points": 0} == held.json()
    tenders = [{"kind": "voucher", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]
    sale = make_sale(amount_minor=1_000) | {"tenders": tenders, "redemptions": ["r-1"]}
    sold = till.put("/v1/sales/s-1", json=sale)
    assert (sold.status_code, sold.json()["flags"]) == (201, [])
    assert till.get(f"/v1/vouchers/{code}").json()["state"] == "used"
    refused = till.put("/v1/redemptions/r-2", json={"voucher": code})
    assert (refused.status_code, refused.json()["code"]) == (409, "voucher_used")
    assert till.post("/v1/redemptions/r-1/capture").json()["status"] == "captured"
    assert till.delete("/v1/sales/s-1").json()["points_given_back"] == 0
    assert till.put("/v1/redemptions/r-2", json={"voucher": code}).status_code == 201
    assert till.delete("/v1/redemptions/r-2").json()["status"] == "released"
    assert till.get("/v1/vouchers/0000-0000-0001-2").json()["code"] == "unknown_voucher"
    assert till.get(f"/v1/vouchers/{code[:-1]}*").json()["code"] == "malformed"
    store.stop()
    written = (store.directory / "agent.log").read_text("utf-8")
    assert "voucher_issued" in written
    for form in (code, code.replace("-", ""), code.lower(), code[:-2]):
        assert form not in written

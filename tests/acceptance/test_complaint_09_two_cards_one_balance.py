"""Complaint 9 of the others' users: two cards for one person, and a merge strands points."""

from collections.abc import Callable
from typing import Any

import httpx

from agent.core.tokens import Token
from agent.tools.site import StoreKit

MakeSale = Callable[..., dict[str, Any]]


def test_points_of_two_cards_are_one_balance_and_none_are_stranded(
    fresh_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: MakeSale,
    new_card: Callable[[], Token],
) -> None:
    """What either card earns is one balance; replacing one strands nothing, and the lost one
    redeems nothing.
    """
    till = open_till(fresh_store)
    purse, keyring, new = (str(new_card()) for _ in range(3))
    enrolled = till.post("/v1/accounts", json={"token": purse, "phone": "202 555 0143"})
    account = enrolled.json()["account"]

    def sell(sale_id: str, token: str) -> None:
        sale = make_sale(amount_minor=30_000, token=token)
        assert till.put(f"/v1/sales/{sale_id}", json=sale).json()["points"] == 300

    def redeemable(token: str) -> int:
        view = till.post("/v1/identify", json={"token": token}).json()
        assert (view["account"], view["balance"]) == (account, balance)
        return int(view["redeemable_now"])

    # A second card for the same person, and both earn.
    added = till.post(f"/v1/accounts/{account}/cards", json={"token": keyring})
    assert added.status_code == 201
    sell("s-1", purse)
    sell("s-2", keyring)
    balance = 600
    assert redeemable(purse) == redeemable(keyring) == redeemable("phone:2025550143") == 600

    # One card spends what the other has earned.
    held = till.put("/v1/redemptions/r-1", json={"token": keyring, "points": 500})
    assert (held.status_code, held.json()["balance"]) == (201, 100)
    assert till.delete("/v1/redemptions/r-1").json()["balance"] == 600

    # The purse is lost; another card takes the place of the one that was in it.
    assert till.post(f"/v1/cards/{purse}/block", json={"state": "lost"}).status_code == 201
    assert till.post(f"/v1/cards/{purse}/replace", json={"by": new}).status_code == 201
    assert redeemable(purse) == 0
    assert redeemable(new) == redeemable(keyring) == 600
    refused = till.put("/v1/redemptions/r-2", json={"token": purse, "points": 500})
    assert (refused.status_code, refused.json()["code"]) == (409, "card_blocked")

    # Whoever finds it gives its owner points and takes none; the new card spends them all.
    sell("s-3", purse)
    balance = 900
    assert redeemable(new) == 900
    held = till.put("/v1/redemptions/r-3", json={"token": new, "points": 900})
    assert (held.status_code, held.json()["balance"]) == (201, 0)

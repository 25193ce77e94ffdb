"""Over the API: who may hold a reward, what goes beside it, and what a sale that spends it says."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from programs import use_program

from agent.core.tokens import Token
from agent.tools.site import StoreKit

MakeSale = Callable[..., dict[str, Any]]


@pytest.fixture
def till(closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """A till of a store whose rewards have bounds."""
    use_program(closed_store, "rewards")
    closed_store.start()
    return open_till(closed_store)


def test_a_reward_at_the_till(
    till: httpx.Client, new_card: Callable[[], Token], make_sale: MakeSale
) -> None:
    """A typed number is refused what a read card may have; a quote that names what is held says
    what goes beside it; a sale that is too small for its reward is taken and flagged.
    """
    card = str(new_card())
    assert till.post("/v1/accounts", json={"token": card}).status_code == 201
    body = make_sale(amount_minor=30_000, token=card)
    assert till.put("/v1/sales/s-1", json=body).status_code == 201

    wish = {"token": card, "reward": "chip", "lane": "1"}
    refused = till.put("/v1/redemptions/r-1", json=wish | {"entry": "typed"})
    told = refused.json()
    assert (refused.status_code, told["code"]) == (409, "not_redeemable")
    assert told["detail"] == "this card proves too little for it"
    seen = till.post("/v1/identify", json={"token": card, "entry": "typed"}).json()["offers"]
    assert told["detail"] in [each["why"] for each in seen if each["reward"] == "chip"]
    assert till.put("/v1/redemptions/r-1", json=wish).status_code == 201
    off = {"token": card, "reward": "two-off", "lane": "1", "sale_id": "s-2"}
    assert till.put("/v1/redemptions/r-2", json=off).status_code == 201

    basket = make_sale(amount_minor=900, token=card, redemptions=["r-1"])
    quoted = {
        each["reward"]: each for each in till.post("/v1/quotes", json=basket).json()["rewards"]
    }
    assert quoted["feast"]["why"] == "one of the rewards goes with no other in a sale"
    assert quoted["two-off"]["why"] == "the basket is too small"
    assert quoted["trip"]["why"] == "650 more Stars needed"
    assert (quoted["money"]["available"], quoted["money"]["value_minor"]) == (True, 250)

    sold = till.put("/v1/sales/s-2", json=basket | {"redemptions": ["r-2"]})
    assert (sold.status_code, sold.json()["flags"]) == (201, ["reward_does_not_fit"])

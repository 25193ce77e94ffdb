"""What users of other programs complain about, where goods come back: it cannot happen here.

Each test is named after a complaint; its docstring is the promise.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from programs import use_program
from two_tills import TwoTills, back, capture, hold, new_id, void

from agent.core.tokens import Token
from agent.tools.site import StoreKit

_COFFEE = {"sku": "coffee", "category": "beverage", "quantity": "1.000", "unit_price_minor": 250}
_COFFEE_IN_A_BASKET = [
    {"sku": "milk", "category": "grocery", "quantity": "1.000", "unit_price_minor": 900}
    | {"amount_minor": 900},
    _COFFEE | {"amount_minor": 250},
    _COFFEE | {"category": "reward", "amount_minor": -250},
]


def _back_by_line(sale_id: str) -> tuple[str, str, dict[str, Any]]:
    body = {"lines": [{"line": 0, "quantity": "1.000"}]}
    return "PUT", f"/v1/sales/{sale_id}/returns/r1", body


@pytest.mark.parametrize(
    "take_back",
    [
        pytest.param(lambda sale_id: back(sale_id, "r1", 2_000), id="by amount"),
        pytest.param(_back_by_line, id="by line"),
        pytest.param(void, id="void"),
    ],
)
def test_complaint_01_buy_earn_refund_keeps_no_points(
    tills: TwoTills, take_back: Callable[[str], Any]
) -> None:
    """Who buys, earns and gives it all back has the points of before, by whichever way."""
    token = tills.member(100)
    sale_id = tills.sold(token, 2_000)
    assert tills.balance(token) == 120
    assert tills.ask(take_back(sale_id))["points_taken"] == 20
    assert tills.balance(token) == 100


def test_complaint_01_nor_points_that_were_spent_meanwhile(tills: TwoTills) -> None:
    """Who spends the points before the refund owes them: no redemption until they are earned."""
    token = tills.member(10)
    sale_id = tills.sold(token, 60_000)
    tills.ask(capture(tills.held(token, 600)))
    assert tills.balance(token) == 10
    assert tills.ask(back(sale_id, "r1", 60_000))["points_taken"] == 600
    assert tills.balance(token) == -590
    method, path, body = hold(new_id(), token, 500)
    refused = tills.till.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    tills.sold(token, 59_100)
    assert tills.balance(token) == 1


@pytest.mark.parametrize(
    "take_back",
    [
        pytest.param(lambda sale_id: back(sale_id, "r1", 2_000), id="return"),
        pytest.param(void, id="void"),
    ],
)
def test_complaint_02_a_refund_charges_no_redeemed_points_again(
    tills: TwoTills, take_back: Callable[[str], Any]
) -> None:
    """A sale that was paid with points gives them back when it comes back, and charges none."""
    token = tills.member(600)
    redemption_id, sale_id = tills.held(token, 500), new_id()
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 1_500}]
    tills.ask(tills.sale(sale_id, token, 2_000, tenders=tenders, redemptions=[redemption_id]))
    assert tills.balance(token) == 115
    answer = tills.ask(take_back(sale_id))
    assert (answer["points_taken"], answer["points_given_back"]) == (15, 500)
    assert tills.balance(token) == 600
    # Nor does a till that ends the redemption once more, late, charge it again.
    assert tills.ask(capture(redemption_id))["balance"] == 600
    assert tills.balance(token) == 600


def test_complaint_02_nor_those_of_a_reward(tills: TwoTills) -> None:
    """The same for a reward in the basket: its price in points comes back, once."""
    token, sale_id, redemption_id = tills.member(200), new_id(), new_id()
    wish = {"token": token, "reward": "coffee"}
    tills.ask(("PUT", f"/v1/redemptions/{redemption_id}", wish))
    more = {"lines": _COFFEE_IN_A_BASKET, "redemptions": [redemption_id]}
    tills.ask(tills.sale(sale_id, token, 900, **more))
    assert tills.balance(token) == 59
    assert tills.ask(("DELETE", f"/v1/sales/{sale_id}", None))["points_given_back"] == 150
    assert tills.balance(token) == 200


def test_complaint_13_a_refund_pays_no_points_out_as_cash(tills: TwoTills) -> None:
    """What points paid for comes back as points: of half the goods half of them, and no more."""
    token = tills.member(500)
    redemption_id, sale_id = tills.held(token, 500), new_id()
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]
    tills.ask(tills.sale(sale_id, token, 1_000, tenders=tenders, redemptions=[redemption_id]))
    halves = [tills.ask(back(sale_id, return_id, 500)) for return_id in ("r1", "r2")]
    assert [half["points_given_back"] for half in halves] == [250, 250]
    assert tills.balance(token) == 500
    method, path, body = back(sale_id, "r3", 1)
    refused = tills.till.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "return_exceeds_sale")


def test_complaint_13_and_no_reward_is_money_at_the_desk(tills: TwoTills) -> None:
    """A line that points bought comes back for points and no money, and takes none with it."""
    token, sale_id, redemption_id = tills.member(150), new_id(), new_id()
    wish = {"token": token, "reward": "coffee"}
    tills.ask(("PUT", f"/v1/redemptions/{redemption_id}", wish))
    more = {"lines": _COFFEE_IN_A_BASKET, "redemptions": [redemption_id]}
    tills.ask(tills.sale(sale_id, token, 900, **more))
    body = {"lines": [{"line": 2, "quantity": "1.000"}]}
    back = tills.till.put(f"/v1/sales/{sale_id}/returns/r1", json=body).json()
    assert (back["points_given_back"], back["points_taken"]) == (150, 0)
    voided = tills.ask(("DELETE", f"/v1/sales/{sale_id}", None))
    assert voided["points_given_back"] == 0
    assert tills.balance(token) == 150


@pytest.fixture
def patient_till(
    closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]
) -> httpx.Client:
    """A till of a store whose points wait for the end of a return window of 14 days."""
    use_program(closed_store, "window")
    closed_store.start()
    return open_till(closed_store)


def test_complaint_14_no_points_are_spent_inside_the_return_window(
    patient_till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """Points of a sale that can come back are shown and cannot be spent; after it they can."""
    till, token = patient_till, str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()

    def account() -> tuple[int, int]:
        told = till.post("/v1/identify", json={"token": token}).json()
        return told["pending"], told["balance"]

    def sell(sale_id: str, business_date: str, amount_minor: int) -> None:
        more = {"token": token, "business_date": business_date}
        sale = make_sale(amount_minor=amount_minor, **more)
        till.put(f"/v1/sales/{sale_id}", json=sale).raise_for_status()

    sell("kept", "2026-11-01", 60_000)
    sell("returned", "2026-11-01", 70_000)
    assert account() == (1_300, 0)
    wish = {"token": token, "points": 500}
    refused = till.put("/v1/redemptions/early", json=wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    sell("last-day", "2026-11-14", 100)
    assert account() == (1_301, 0)
    # What comes back inside the window was never to be had, so nobody falls into debt.
    till.put("/v1/sales/returned/returns/r1", json={"amount_minor": 70_000}).raise_for_status()
    assert account() == (601, 0)
    sell("first-day-after", "2026-11-15", 100)
    assert account() == (2, 600)
    assert till.put("/v1/redemptions/in-time", json=wish).status_code == 201
    assert account() == (2, 100)

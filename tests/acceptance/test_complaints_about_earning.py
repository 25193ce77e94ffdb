"""What users of other programs complain about, where points are earned: it cannot happen here.

Each test is named after a complaint; its docstring is the promise.
"""

import random
from collections.abc import Callable
from typing import Any

import httpx
from programs import use_program
from two_tills import Ask, TwoTills, back, new_id

from agent.core.tokens import Token
from agent.tools.site import StoreKit


def _balance(till: httpx.Client, token: str) -> int:
    return int(
        till.post("/v1/identify", json={"token": token}).raise_for_status().json()["balance"]
    )


def test_complaint_03_an_offline_retry_doubles_no_points(
    fresh_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """Sales that a POS sends again after a break earn once, whatever died between and in any order.

    The POS never knew whether its sales had arrived, so it sends them all again, from another lane
    and with the time of the retry.
    """
    till, token = open_till(fresh_store), str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()
    sales = {f"offline-{n}": make_sale(amount_minor=n * 1_000, token=token) for n in range(1, 6)}
    arrived = list(sales)[:3]
    first = {each: till.put(f"/v1/sales/{each}", json=sales[each]).content for each in arrived}
    fresh_store.agent.kill()
    fresh_store.agent.start()
    moved = {"lane": "2", "cashier": "c9", "occurred_at": "2026-11-21T18:00:00+01:00"}
    for _ in range(2):
        for sale_id, sale in reversed(sales.items()):
            answer = till.put(f"/v1/sales/{sale_id}", json=sale | moved).raise_for_status()
            if sale_id in arrived:
                assert answer.content == first[sale_id]
                assert answer.headers["Idempotent-Replay"] == "true"
    assert _balance(till, token) == 10 + 20 + 30 + 40 + 50


def _lines(*amounts_minor: int, tax_minor: int = 0) -> dict[str, Any]:
    lines = [
        {"sku": f"{number}", "category": "grocery", "quantity": "1.000"}
        | {"unit_price_minor": amount, "amount_minor": amount, "tax_minor": tax_minor}
        for number, amount in enumerate(amounts_minor)
    ]
    total_minor = sum(amounts_minor)
    tenders = [{"kind": "cash", "amount_minor": total_minor}]
    return {"lines": lines, "tenders": tenders, "total_minor": total_minor}


def _line_back(sale_id: str, line: int) -> Ask:
    body = {"lines": [{"line": line, "quantity": "1.000"}]}
    return "PUT", f"/v1/sales/{sale_id}/returns/line-{line}", body


def test_complaint_07_no_penny_drifts_by_rounding_or_tax(tills: TwoTills) -> None:
    """Points are floored once for the whole basket, tax and all, never line by line."""
    for tax_minor in (0, 7, 16):
        token, sale_id = tills.member(), new_id()
        basket = _lines(*[99] * 100, tax_minor=tax_minor)
        assert tills.ask(tills.sale(sale_id, token, 9_900, **basket))["points"] == 99
        assert tills.balance(token) == 99


def test_complaint_07_nor_by_what_comes_back(tills: TwoTills) -> None:
    """Returned line by line, in any order, a basket takes back what it gave, to the point."""
    amounts_minor = [1_429, 333, 99, 1, 250, 1_667, 849]
    orders = random.Random(7)  # noqa: S311 - shuffles baskets, keeps no secret
    for _ in range(5):
        token, sale_id = tills.member(), new_id()
        tills.ask(tills.sale(sale_id, token, 4_628, **_lines(*amounts_minor, tax_minor=3)))
        assert tills.balance(token) == 46
        left_minor = sum(amounts_minor)
        for line in orders.sample(range(len(amounts_minor)), len(amounts_minor)):
            tills.ask(_line_back(sale_id, line))
            left_minor -= amounts_minor[line]
            assert tills.balance(token) == left_minor // 100
        assert (left_minor, tills.balance(token)) == (0, 0)
        method, path, body = back(sale_id, "one-cent", 1)
        refused = tills.till.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "return_exceeds_sale")


def test_complaint_07_nor_by_a_basket_that_is_a_cent_off(tills: TwoTills) -> None:
    """A basket whose lines, tenders and total differ by a cent is refused, never rounded."""
    token = tills.member()
    for wrong in ({"total_minor": 1_001}, {"tenders": [{"kind": "cash", "amount_minor": 999}]}):
        basket = _lines(333, 333, 334) | wrong
        method, path, body = tills.sale(new_id(), token, 1_000, **basket)
        refused = tills.till.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "malformed")
    assert tills.balance(token) == 0


def _with_reward(amount_minor: int) -> dict[str, Any]:
    """Groceries of 10.00, and a line of the category that points buy."""
    basket = _lines(1_000, amount_minor)
    basket["lines"][1]["category"] = "reward"
    return basket


def test_complaint_08_a_reward_line_earns_nothing(tills: TwoTills) -> None:
    """What points bought earns no points, however the POS writes it down, and a quote agrees."""
    free_coffee = _lines(1_000, 250, -250)
    free_coffee["lines"][2]["category"] = "reward"
    for basket in (_with_reward(300), _with_reward(0), free_coffee):
        token = tills.member()
        method, path, body = tills.sale(new_id(), token, 0, **basket)
        assert tills.ask(("POST", "/v1/quotes", body))["points"] == 10
        answer = tills.ask((method, path, body))
        assert answer["points"] == 10
        assert sum(reason["points"] for reason in answer["because"]) == 10
        assert tills.balance(token) == 10


def test_complaint_08_not_even_where_a_program_forgot_to_say_so(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """Under a program that excludes no category at all a reward line earns nothing either."""
    use_program(closed_store, "window")
    closed_store.start()
    till, token = open_till(closed_store), str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()
    sale = make_sale(token=token, **_with_reward(300))
    assert till.post("/v1/quotes", json=sale).json()["points"] == 10
    assert till.put(f"/v1/sales/{new_id()}", json=sale).json()["points"] == 10


def test_complaint_08_and_lowers_what_it_was_taken_off(tills: TwoTills) -> None:
    """A reward that is money off takes its part off what earns: 10.00 less 3.00 earns 7 points."""
    token = tills.member()
    assert tills.ask(tills.sale(new_id(), token, 0, **_with_reward(-300)))["points"] == 7
    assert tills.balance(token) == 7


def test_complaint_08_nor_does_what_points_paid(tills: TwoTills) -> None:
    """Of 15.00 that 500 points paid 5.00 of, 10.00 earn."""
    token = tills.member(500)
    redemption_id = tills.held(token, 500)
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "card", "amount_minor": 1_000}]
    basket = _lines(1_000, 500) | {"tenders": tenders, "redemptions": [redemption_id]}
    assert tills.ask(tills.sale(new_id(), token, 0, **basket))["points"] == 10
    assert tills.balance(token) == 10

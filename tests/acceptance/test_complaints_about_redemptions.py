"""What users of other programs complain about, where points are spent: it cannot happen here.

Each test is named after a complaint; its docstring is the promise.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from stocked import Stock, sale_of
from two_tills import TwoTills, capture, hold, new_id, release

from agent.core.tokens import Token
from agent.till import Enrolment, Till, Wish
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

_LANES = 8


def _balance(till: httpx.Client, token: str) -> int:
    return int(
        till.post("/v1/identify", json={"token": token}).raise_for_status().json()["balance"]
    )


def test_complaint_05_no_redemption_without_its_points(tills: TwoTills) -> None:
    """Points are gone from the moment they are held, in every lane, and once the sale is taken."""
    token = tills.member(600)
    redemption_id = tills.held(token, 500)
    assert tills.balance(token) == 100
    tenders = [{"kind": "points", "amount_minor": 500}]
    tills.ask(tills.sale(new_id(), token, 500, tenders=tenders, redemptions=[redemption_id]))
    assert tills.balance(token) == 100
    assert tills.ask(capture(redemption_id))["captured"] == 500
    assert tills.balance(token) == 100


def test_complaint_05_nor_with_points_that_nobody_holds(tills: TwoTills) -> None:
    """A sale that names points never held, spent, or another's is not taken; one whose points were
    given back meanwhile spends them now.
    """
    token, other = tills.member(600), tills.member(600)
    given_back, spent = tills.held(token, 500), tills.held(other, 500)
    tills.ask(release(given_back))
    tills.ask(capture(spent))
    tenders = [{"kind": "points", "amount_minor": 500}]
    for redemption_id, status in {new_id(): 404, spent: 404, given_back: 201}.items():
        more = {"redemptions": [redemption_id], "tenders": tenders}
        method, path, body = tills.sale(new_id(), token, 500, **more)
        assert tills.till.request(method, path, json=body).status_code == status
    assert (tills.balance(token), tills.balance(other)) == (100, 100)


@pytest.mark.parametrize("shown", [None, "em4100:FFFFFFFFFF"])
def test_complaint_05_nor_in_a_sale_that_is_nobodys(tills: TwoTills, shown: str | None) -> None:
    """A sale without a member's card takes no points: nobody could be given them back."""
    token = tills.member(600)
    redemption_id, sale_id = tills.held(token, 500), new_id()
    method, path, body = tills.sale(sale_id, shown, 500, redemptions=[redemption_id])
    refused = tills.till.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_redemption")
    assert tills.ask(release(redemption_id))["balance"] == 600
    assert tills.ask((method, path, body | {"redemptions": []}))["points"] == 0


def test_complaint_05_nor_when_the_box_dies_between(
    fresh_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """Points that were held before the agent was killed pay for one sale after it, once."""
    till, token = open_till(fresh_store), str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()
    earning = make_sale(amount_minor=60_000, token=token)
    till.put("/v1/sales/first", json=earning).raise_for_status()
    wish = {"token": token, "points": 500}
    till.put("/v1/redemptions/r1", json=wish).raise_for_status()
    fresh_store.agent.kill()
    fresh_store.agent.start()
    assert _balance(till, token) == 100
    tenders = [{"kind": "points", "amount_minor": 500}]
    paid = make_sale(amount_minor=500, token=token, tenders=tenders, redemptions=["r1"])
    assert till.put("/v1/sales/second", json=paid).status_code == 201
    fresh_store.agent.kill()
    fresh_store.agent.start()
    assert till.put("/v1/sales/second", json=paid).status_code == 200
    assert _balance(till, token) == 100


def test_complaint_06_not_all_points_or_none(tills: TwoTills) -> None:
    """A member spends as much as they like, in the program's steps; the rest stays theirs."""
    for points in (500, 700, 1_200):
        token = tills.member(1_234)
        tills.ask(capture(tills.held(token, points)))
        assert tills.balance(token) == 1_234 - points


def test_complaint_06_nor_all_that_is_held(tills: TwoTills) -> None:
    """A basket that is worth less than the points held for it takes a part; the rest comes back."""
    token = tills.member(1_234)
    answer = tills.ask(capture(tills.held(token, 1_200), 700))
    assert (answer["captured"], answer["balance"]) == (700, 534)
    assert tills.balance(token) == 534


def test_complaint_11_no_points_are_spent_twice_at_once(tills: TwoTills) -> None:
    """Of eight lanes that spend the last points in one moment one does; the rest are refused."""
    token, together = tills.member(900), threading.Barrier(_LANES)

    def spend(_: int) -> httpx.Response:
        method, path, body = hold(new_id(), token, 600)
        together.wait()
        return tills.till.request(method, path, json=body)

    with ThreadPoolExecutor(_LANES) as pool:
        answers = list(pool.map(spend, range(_LANES)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (_LANES - 1)
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"insufficient_points"}
    assert tills.balance(token) == 300


def test_complaint_12_a_cancelled_payment_gives_points_back_once(tills: TwoTills) -> None:
    """A payment that is called off gives back what was held: all of it, and not once more."""
    token = tills.member(600)
    redemption_id = tills.held(token, 500)
    for _ in range(3):
        assert tills.ask(release(redemption_id))["status"] == "released"
        assert tills.balance(token) == 600
    method, path, body = capture(redemption_id)
    refused = tills.till.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "redemption_ended")
    assert tills.balance(token) == 600


def test_complaint_12_a_pos_that_dies_loses_nobodys_points(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    new_card: Callable[[], Token],
) -> None:
    """Points that a POS held and never came back for are the member's again, once.

    The hold was made long ago, through the till's own classes; the agent that starts now finds it
    overdue, as one that ran on would have.
    """
    token = str(new_card())
    _hold_and_die(closed_store, token)
    closed_store.start()
    till = open_till(closed_store)
    wait_until(lambda: _balance(till, token) == 600, "the points to come back")
    late = till.post("/v1/redemptions/left/capture")
    assert (late.status_code, late.json()["code"]) == (409, "redemption_ended")
    assert till.delete("/v1/redemptions/left").json()["status"] == "released"
    assert _balance(till, token) == 600


def _hold_and_die(store: StoreKit, token: str) -> None:
    stock = Stock(store.ledger_path)
    stock.path.parent.mkdir(parents=True, exist_ok=True)

    async def hold_points(till: Till) -> None:
        await till.members.enrol(Enrolment(token=token))
        await till.commit("first", sale_of(60_000, token=token))
        answer, _ = await till.hold("left", Wish(token=token, points=500))
        assert (answer.status, answer.balance) == ("held", 100)

    with stock.running() as ledger:
        asyncio.run(hold_points(stock.till(ledger)))

"""A coffee and money off in one sale: each comes back as if the other were not there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import mint_id
from agent.core.answer import BackAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.taking_back import money_off
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, Enrolment, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


def basket(sale_body: SaleBody, *amounts: int, rewards: tuple[int, ...] = ()) -> dict[str, Any]:
    """A sale of these amounts, in which these lines are rewards and the first is two of a kind."""
    body = sale_body(*amounts, token=CARD)
    for line in rewards:
        body["lines"][line]["category"] = "reward"
    body["lines"][0]["quantity"] = "2"
    return body


@pytest.fixture
def sell(ledger: Ledger, sale_body: SaleBody) -> Callable[..., Till]:
    """A till that sold a basket for 500 points off and a coffee."""

    def sell(*amounts: int, rewards: tuple[int, ...], **changes: Any) -> Till:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(100_000, token=CARD))))
        asyncio.run(till.hold("off", Wish(token=CARD, points=500)))
        asyncio.run(till.hold("coffee", Wish(token=CARD, reward="coffee")))
        body = basket(sale_body, *amounts, rewards=rewards) | {"redemptions": ["off", "coffee"]}
        asyncio.run(till.commit("s", Sale.model_validate(body | changes)))
        return till

    return sell


def bring(till: Till, *lines: int) -> BackAnswer:
    """One of each of these lines comes back."""
    back = Back.model_validate({"lines": [{"line": line, "quantity": "1"} for line in lines]})
    return asyncio.run(till.take_back("s", mint_id(), back))[0]


def test_half_of_the_goods_is_half_of_the_money_off(sell: Callable[..., Till]) -> None:
    """The coffee beside it changes nothing: half of the discount comes back, and half of what was
    earned goes.
    """
    till = sell(1_000, -500, 0, rewards=(1, 2))
    halves = [bring(till, 0), bring(till, 0)]
    assert [half.points_given_back for half in halves] == [250, 250]
    assert [half.points_taken for half in halves] == [3, 2]


def test_the_coffees_line_is_the_coffee_and_the_discounts_is_not(
    sell: Callable[..., Till],
) -> None:
    """Each line gives back what it is itself, to the point."""
    till = sell(1_000, -500, 0, rewards=(1, 2))
    assert bring(till, 2).points_given_back == 150
    assert bring(till, 0).points_given_back == 250
    assert bring(till, 0).points_given_back == 250
    assert bring(till, 1).points_given_back == 0


def test_a_coffee_that_a_line_takes_off_is_told_by_its_amount(sell: Callable[..., Till]) -> None:
    """Of two lines below zero, the one as large as the discount shrinks with the goods: points are
    shared as the goods are, and the coffee's line has the coffee's.
    """
    till = sell(2_000, 300, -500, -300, rewards=(2, 3))
    assert bring(till, 0).points_given_back == 218  # of 500, 1,300 of 2,300 are left: 282
    assert bring(till, 3).points_given_back == 150
    assert bring(till, 0, 1).points_given_back == 282


def test_money_off_that_a_tender_paid_has_no_line(sell: Callable[..., Till]) -> None:
    """Then the line below zero is the coffee's alone."""
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]
    till = sell(1_000, 300, -300, rewards=(2,), tenders=tenders)
    assert bring(till, 2).points_given_back == 150


def told(amounts: tuple[int, ...], *worth_minor: int, things: bool, points: int = 0) -> set[int]:
    """Which reward lines are money off; a first line makes the sale add up."""
    goods = 10**6 - sum(amounts)
    line = {"sku": "x", "quantity": "1", "unit_price_minor": 0}
    lines = [line | {"category": "grocery", "amount_minor": goods}]
    lines += [line | {"category": "reward", "amount_minor": amount} for amount in amounts]
    tenders = [("points", points), ("cash", 10**6 - points)]
    sale = {
        "lane": "1",
        "cashier": "ana",
        "business_date": "2026-11-21",
        "occurred_at": "2026-11-21T14:05:09+01:00",
        "currency": "USD",
        "lines": lines,
        "tenders": [{"kind": kind, "amount_minor": minor} for kind, minor in tenders],
        "total_minor": 10**6,
    }
    found = money_off(Sale.model_validate(sale), worth_minor, things=things)
    return {index - 1 for index in found}


AMOUNTS = st.lists(st.integers(-900, 900), max_size=5).map(tuple)
WORTHS = st.lists(st.integers(1, 900), max_size=3)


@given(amounts=AMOUNTS, worths=WORTHS, things=st.booleans())
def test_a_line_at_zero_or_above_is_a_thing(
    amounts: tuple[int, ...], worths: list[int], things: bool
) -> None:
    """Whatever was redeemed, it never shrinks with the goods."""
    assert all(amounts[index] < 0 for index in told(amounts, *worths, things=things))


@given(amounts=AMOUNTS, worths=WORTHS)
def test_where_one_kind_was_redeemed_all_lines_are_of_it(
    amounts: tuple[int, ...], worths: list[int]
) -> None:
    """No discount, no money off; no thing, and what takes off is money off."""
    below = {index for index, amount in enumerate(amounts) if amount < 0}
    assert told(amounts, *worths, things=False) == below
    assert told(amounts, things=True) == set()


@given(things=st.lists(st.integers(-900, -501), max_size=3), offs=st.lists(st.integers(1, 500)))
def test_each_discount_has_the_line_of_its_worth(things: list[int], offs: list[int]) -> None:
    """However many discounts and things there are, each discount finds its own line."""
    amounts = (*things, *(-off for off in offs))
    mine = {index for index, amount in enumerate(amounts) if amount > -501}
    if offs:
        assert told(amounts, *offs, things=True) == mine


@pytest.mark.parametrize(
    ("amounts", "worths", "points", "found"),
    [
        ((-300, -500), (200, 300), 0, {0}),
        ((-500, -300), (200, 100), 0, {1}),
        ((-700,), (500,), 0, {0}),
        ((-400, -300), (0,), 0, {0, 1}),
        ((-300,), (500,), 500, set()),
        ((300, -500), (500,), 300, {1}),
    ],
)
def test_what_matches_nothing_is_judged_one_way(
    amounts: tuple[int, ...], worths: tuple[int, ...], points: int, found: set[int]
) -> None:
    """A line as large as one discount, or else as all together; or else a tender of points paid
    it; without any of these, all that takes off is money off.
    """
    assert told(amounts, *worths, things=True, points=points) == found

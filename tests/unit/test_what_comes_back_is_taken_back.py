"""Voids and returns: never more than the sale, in any order and parts, and points for points."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import mint_id
from agent.core.answer import BackAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Back,
    ClaimTooLate,
    Enrolment,
    InsufficientPoints,
    ReturnIdReused,
    ReturnTooLarge,
    SaleHasCard,
    SaleReturned,
    SaleVoided,
    Terms,
    Till,
    UnknownSale,
    Wish,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
WINDOW = PROGRAM.model_copy(update={"return_window_days": 14})
CARD, OTHER = "em4100:0C000621A5", "em4100:67003B51C6"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


def till_of(ledger: Ledger, program: Program = PROGRAM) -> Till:
    """A till with two members."""
    till = Till(ledger, Terms(program=program), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    asyncio.run(till.members.enrol(Enrolment(token=OTHER)))
    return till


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with the shipped program."""
    return till_of(ledger)


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> int:
    """Commit a sale; answers its points."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer.points


def back(till: Till, return_id: str, **what: Any) -> BackAnswer:
    """Return part of sale ``s``."""
    return asyncio.run(till.take_back("s", return_id, Back.model_validate(what)))[0]


def lines(*indices: int) -> list[dict[str, Any]]:
    """One of each of some lines."""
    return [{"line": index, "quantity": "1.000"} for index in indices]


def ana(till: Till) -> AccountView:
    """Ana's account."""
    return asyncio.run(till.identify(CARD))


def test_a_void_takes_back_what_a_sale_earned(till: Till, sale_body: SaleBody) -> None:
    """Buy, earn, void: nothing is left, and asked again it is the same void."""
    sell(till, "s", sale_body(1_999, token=CARD))
    answer, replayed = asyncio.run(till.void("s"))
    assert (answer.status, answer.points_taken, answer.balance) == ("voided", 19, 0)
    assert not replayed
    assert asyncio.run(till.void("s")) == (answer, True)
    with pytest.raises(SaleVoided):
        back(till, "b-1", amount_minor=1)


def test_lines_take_back_what_they_earned(till: Till, sale_body: SaleBody) -> None:
    """What is left of a sale is worth what it would have earned by itself, floored once."""
    sell(till, "s", sale_body(150, 150, 150, token=CARD))  # 4 points
    assert [back(till, f"b-{line}", lines=lines(line)).points_taken for line in range(3)] == [
        1,
        2,
        1,
    ]
    assert ana(till).balance == 0
    with pytest.raises(ReturnTooLarge):
        back(till, "b-9", lines=lines(0))


def test_a_void_after_a_return_takes_the_rest(till: Till, sale_body: SaleBody) -> None:
    """Nothing is taken twice; once all came back, there is nothing to void."""
    sell(till, "s", sale_body(1_000, 1_000, token=CARD))
    back(till, "b-1", lines=lines(0))
    assert asyncio.run(till.void("s"))[0].points_taken == 10
    sell(till, "s2", sale_body(1_000, token=CARD))
    asyncio.run(till.take_back("s2", "b-1", Back.model_validate({"amount_minor": 1_000})))
    with pytest.raises(SaleReturned):
        asyncio.run(till.void("s2"))


def test_the_same_return_again_is_the_same_return(till: Till, sale_body: SaleBody) -> None:
    """A return that is asked for again changes nothing; another one needs another id."""
    sell(till, "s", sale_body(1_000, token=CARD))
    assert back(till, "b-1", amount_minor=300) == back(till, "b-1", amount_minor=300)
    assert ana(till).balance == 7
    with pytest.raises(ReturnIdReused):
        back(till, "b-1", amount_minor=400)


def test_a_retry_may_write_its_lines_otherwise(till: Till, sale_body: SaleBody) -> None:
    """``1`` is ``1.000``, and lines have no order; another quantity is another return."""
    sell(till, "s", sale_body(1_000, 1_000, token=CARD))
    first = back(till, "b-1", lines=lines(0, 1))
    again = [{"line": 1, "quantity": "1"}, {"line": 0, "quantity": "01.0"}]
    assert back(till, "b-1", lines=again) == first
    for other in (again[:1], [again[0], {"line": 0, "quantity": "0.999"}]):
        with pytest.raises(ReturnIdReused):
            back(till, "b-1", lines=other)
    with pytest.raises(ReturnIdReused):
        back(till, "b-1", amount_minor=2_000)


@pytest.mark.parametrize(
    "what",
    [{"amount_minor": 1_001}, {"lines": lines(1)}, {"lines": [{"line": 0, "quantity": "1.001"}]}],
)
def test_no_more_comes_back_than_was_sold(
    till: Till, sale_body: SaleBody, what: dict[str, Any]
) -> None:
    """More money, another line or a larger quantity than the sale's is refused."""
    sell(till, "s", sale_body(1_000, token=CARD))
    with pytest.raises(ReturnTooLarge):
        back(till, "b-1", **what)
    assert ana(till).balance == 10


@pytest.mark.parametrize("call", ["void", "take_back", "claim"])
def test_an_unknown_sale_is_said(till: Till, call: str) -> None:
    """Nothing comes back of a sale that was not made here."""
    calls: dict[str, Any] = {
        "void": lambda: till.void("s"),
        "take_back": lambda: till.take_back("s", "b", Back.model_validate({"amount_minor": 1})),
        "claim": lambda: till.claim("s", CARD),
    }
    with pytest.raises(UnknownSale):
        asyncio.run(calls[call]())


def test_redeemed_points_come_back_as_points(till: Till, sale_body: SaleBody) -> None:
    """A return gives back what points paid, in the share that comes back, and never as money."""
    sell(till, "s-0", sale_body(60_000, token=CARD))
    asyncio.run(till.hold("r", Wish.model_validate({"token": CARD, "points": 500})))
    body = sale_body(1_000, 1_000, token=CARD, redemptions=["r"])
    body["tenders"] = [
        {"kind": "points", "amount_minor": 500},
        {"kind": "cash", "amount_minor": 1_500},
    ]
    assert sell(till, "s", body) == 15
    assert ana(till).balance == 115
    half = back(till, "b-1", lines=lines(0))
    assert (half.points_taken, half.points_given_back) == (8, 250)
    rest = back(till, "b-2", lines=lines(1))
    assert (rest.points_taken, rest.points_given_back) == (7, 250)
    assert ana(till).balance == 600


def test_a_return_may_lead_into_debt_and_the_next_points_pay_it(
    till: Till, sale_body: SaleBody
) -> None:
    """Points that were spent are owed; a debt is shown, spends nothing and is paid first."""
    sell(till, "s", sale_body(60_000, token=CARD))
    asyncio.run(till.hold("r", Wish.model_validate({"token": CARD, "points": 500})))
    asyncio.run(till.capture("r"))
    back(till, "b-1", amount_minor=60_000)
    assert (ana(till).balance, ana(till).redeemable_now) == (-500, 0)
    with pytest.raises(InsufficientPoints):
        asyncio.run(till.hold("r-2", Wish.model_validate({"token": CARD, "reward": "coffee"})))
    sell(till, "s-2", sale_body(65_000, token=CARD))
    assert (ana(till).balance, ana(till).redeemable_now) == (150, 150)


def test_a_card_shown_afterwards_earns_the_sale(till: Till, sale_body: SaleBody) -> None:
    """A sale without a card is claimed once, by one member, and then returned like any other."""
    sell(till, "s", sale_body(1_000))
    claimed = asyncio.run(till.claim("s", CARD))
    assert (claimed.answer.points, claimed.answer.balance, claimed.replay) == (10, 10, False)
    assert asyncio.run(till.claim("s", CARD)).answer == claimed.answer
    with pytest.raises(SaleHasCard):
        asyncio.run(till.claim("s", OTHER))
    back(till, "b-1", amount_minor=500)
    assert ana(till).balance == 5


def test_a_sale_is_claimed_on_its_own_day(till: Till, sale_body: SaleBody) -> None:
    """Once the shop has opened another day, or part of it came back, it is too late."""
    sell(till, "s", sale_body(1_000, business_date="2026-11-20"))
    sell(till, "s-2", sale_body(1_000, business_date="2026-11-21"))
    with pytest.raises(ClaimTooLate):
        asyncio.run(till.claim("s", CARD))


def test_a_sale_is_not_claimed_for_goods_that_came_back(till: Till, sale_body: SaleBody) -> None:
    """Also where what came back was worth nothing together: here milk, and the coupon for it."""
    body = sale_body(500, 500, -500)
    body["lines"][2]["category"] = "tobacco"
    sell(till, "s", body)
    back(till, "b", lines=[{"line": line, "quantity": "1.000"} for line in (0, 2)])
    with pytest.raises(ClaimTooLate):
        asyncio.run(till.claim("s", CARD))


def test_pending_points_wait_for_the_end_of_the_window(ledger: Ledger, sale_body: SaleBody) -> None:
    """They are shown apart, spent by nobody, and active with the first sale of the day they wait
    for, whoever's sale it is.
    """
    till = till_of(ledger, WINDOW)
    sell(till, "s", sale_body(60_000, token=CARD, business_date="2026-11-01"))
    assert (ana(till).balance, ana(till).pending) == (0, 600)
    sell(till, "s-2", sale_body(100, business_date="2026-11-14"))
    assert (ana(till).balance, ana(till).pending) == (0, 600)
    sell(till, "s-3", sale_body(100, business_date="2026-11-15"))
    assert (ana(till).balance, ana(till).pending) == (600, 0)


def test_a_return_inside_the_window_takes_what_is_pending(
    ledger: Ledger, sale_body: SaleBody
) -> None:
    """Points that were never active cost the member nothing when the goods come back."""
    till = till_of(ledger, WINDOW)
    sell(till, "s", sale_body(1_000, 1_000, token=CARD, business_date="2026-11-01"))
    told = back(till, "b-1", lines=lines(0))
    assert (ana(till).balance, ana(till).pending) == (0, 10)
    assert "Points pending                10" in told.receipt
    asyncio.run(till.commit("s-2", Sale.model_validate(sale_body(500, token=CARD))))
    voided, _ = asyncio.run(till.void("s"))
    assert "Points pending                 5" in voided.receipt


def test_a_coupon_may_come_back_after_its_goods(till: Till, sale_body: SaleBody) -> None:
    """Goods returned at full price and then their coupon never take more than the sale earned."""
    assert sell(till, "s", sale_body(1_000, -200, 500, token=CARD)) == 13
    assert back(till, "b-1", lines=lines(0)).points_taken == 10
    assert back(till, "b-2", lines=lines(1)).points_taken == 0
    assert back(till, "b-3", lines=lines(2)).points_taken == 3
    assert ana(till).balance == 0


def test_money_that_comes_back_after_a_coupon_is_what_was_said(
    till: Till, sale_body: SaleBody
) -> None:
    """A coupon that came back makes the rest worth more, and never more money than was paid: a
    return by amount is worth what it says, and its retry is known.
    """
    sell(till, "s", sale_body(1_000, -200, 500, token=CARD))
    for line in (0, 1):
        back(till, f"b-{line}", lines=lines(line))
    with pytest.raises(ReturnTooLarge):
        back(till, "b-2", amount_minor=301)
    rest = back(till, "b-2", amount_minor=300)
    assert back(till, "b-2", amount_minor=300) == rest
    assert asyncio.run(till.day(date(2026, 11, 21))).total.returned_minor == 1_300


@given(
    amounts=st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
    days=st.sampled_from([0, 14]),
)
def test_a_sale_that_comes_back_line_by_line_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    running_ledger: RunningLedger,
    sale_body: SaleBody,
    amounts: list[int],
    order: Any,
    days: int,
) -> None:
    """In whatever order its lines come back, a sale takes back what it earned, to the point."""
    path = tmp_path_factory.mktemp("back") / "ledger.db"
    program = PROGRAM.model_copy(update={"return_window_days": days})
    with running_ledger(path) as ledger:
        till = till_of(ledger, program)
        body = sale_body(*amounts, token=CARD, business_date=date(2026, 11, 1).isoformat())
        earned = sell(till, "s", body)
        indices = list(range(len(amounts)))
        order.shuffle(indices)
        taken = [back(till, f"b-{index}", lines=lines(index)).points_taken for index in indices]
        assert sum(taken) == earned
        assert (ana(till).balance, ana(till).pending) == (0, 0)

"""What points paid for is redeemed, counts for its sale, and comes back as it was."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.clock import mint_id
from agent.core.answer import BackAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, Enrolment, NotRedeemable, RedemptionEnded, Terms, Till, Wish
from agent.till.till import Committed

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_HAMPER = "[[reward]]\nid = 'hamper'\ncost_points = 700\ntext = 'A hamper'\n\n"
_SIMPLE = shipped_program("simple").read_text("utf-8").replace("[[reward]]", f"{_HAMPER}[[reward]]")
PROGRAM = Program.parse(_SIMPLE, source="simple.toml")
CARD = "em4100:0C000621A5"
POINTS_AND_CASH = [
    {"kind": "points", "amount_minor": 500},
    {"kind": "cash", "amount_minor": 500},
]


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Till]:
    """A till with a member who has 1,000 points; whatever a test did, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        sell(till, "s-0", sale_body(100_000))
        yield till
    replay(tmp_path / "ledger.db")


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> Committed:
    """Commit a sale with the member's card."""
    sale = Sale.model_validate(body | {"token": CARD})
    return asyncio.run(till.commit(sale_id, sale))


def hold(till: Till, redemption_id: str, **wish: Any) -> None:
    """Hold points."""
    asyncio.run(till.hold(redemption_id, Wish.model_validate({"token": CARD} | wish)))


def bring(till: Till, sale_id: str, return_id: str, *lines: int) -> BackAnswer:
    """Bring whole lines back."""
    whole = Back(lines=[{"line": line, "quantity": "1"} for line in lines])  # type: ignore[arg-type]  # as a POS sends it
    return asyncio.run(till.take_back(sale_id, return_id, whole))[0]


def back(till: Till, sale_id: str, return_id: str, *lines: int) -> int:
    """The same; answers the points that are given back."""
    return bring(till, sale_id, return_id, *lines).points_given_back


def balance(till: Till) -> int:
    """The member's points."""
    return asyncio.run(till.identify(CARD)).balance


def with_reward(body: dict[str, Any], line: int) -> dict[str, Any]:
    """Say that a line is a reward."""
    body["lines"][line]["category"] = "reward"
    return body


def test_a_reward_stays_with_who_kept_it(till: Till, sale_body: SaleBody) -> None:
    """The food comes back and the free coffee does not: its points stay spent."""
    hold(till, "r-1", reward="coffee")
    sell(till, "s-1", with_reward(sale_body(100, 0), 1) | {"redemptions": ["r-1"]})
    assert back(till, "s-1", "b-1", 0) == 0
    assert back(till, "s-1", "b-2", 1) == 150


def test_a_reward_that_takes_money_off_comes_back_with_its_line(
    till: Till, sale_body: SaleBody
) -> None:
    """Goods without their reward's line give no points back; with it, all of them."""
    hold(till, "r-1", reward="coffee")
    sell(till, "s-1", with_reward(sale_body(900, 250, -250), 2) | {"redemptions": ["r-1"]})
    assert back(till, "s-1", "b-1", 0) == 0
    assert back(till, "s-1", "b-2", 1, 2) == 150


def test_the_money_a_reward_takes_off_stays_with_it(till: Till, sale_body: SaleBody) -> None:
    """Goods that come back without the reward's line were paid in full and earned in full; the free
    thing that is left earned nothing.
    """
    hold(till, "r-1", reward="coffee")
    sell(till, "s-1", with_reward(sale_body(900, 250, -250), 2) | {"redemptions": ["r-1"]})
    assert bring(till, "s-1", "b-1", 0).points_taken == 9
    assert bring(till, "s-1", "b-2", 1, 2).points_taken == 0


def test_money_off_comes_back_in_the_share_of_the_goods(till: Till, sale_body: SaleBody) -> None:
    """Points took 5.00 off by a line of its own: half of the goods gives half of them back, and
    takes what the other half of the price earned.
    """
    hold(till, "r-1", points=500)
    body = with_reward(sale_body(1_000, 1_000, -500), 2) | {"redemptions": ["r-1"]}
    sell(till, "s-1", body)
    halves = [bring(till, "s-1", f"b-{line}", line) for line in (0, 1)]
    assert [half.points_given_back for half in halves] == [250, 250]
    assert [half.points_taken for half in halves] == [8, 7]


def test_a_reward_without_a_line_comes_back_with_the_last_of_the_goods(
    till: Till, sale_body: SaleBody
) -> None:
    """Where nothing says which of the goods it was, it is the last one."""
    hold(till, "r-1", reward="coffee")
    sell(till, "s-1", sale_body(900, 100) | {"redemptions": ["r-1"]})
    assert back(till, "s-1", "b-1", 0) == 0
    assert back(till, "s-1", "b-2", 1) == 150


def test_money_back_gives_no_reward_back(till: Till, sale_body: SaleBody) -> None:
    """An amount says nothing of the coffee; only a void or its line does."""
    hold(till, "r-1", reward="coffee")
    sell(till, "s-1", with_reward(sale_body(1_000, 0), 1) | {"redemptions": ["r-1"]})
    answer, _ = asyncio.run(till.take_back("s-1", "b-1", Back(amount_minor=1_000)))
    assert answer.points_given_back == 0
    assert back(till, "s-1", "b-2", 1) == 150


def test_nothing_that_comes_back_gives_nothing_back() -> None:
    """A return of no quantity is no return."""
    with pytest.raises(ValidationError, match="above zero"):
        Back.model_validate({"lines": [{"line": 0, "quantity": "0"}]})


@pytest.mark.parametrize("first", ["capture", "sale"])
def test_what_a_till_captured_for_a_sale_comes_back_with_it(
    till: Till, sale_body: SaleBody, first: str
) -> None:
    """A redemption that was captured by itself, before its sale or after it, belongs to the sale
    that it was held for.
    """
    hold(till, "r-1", points=500, sale_id="s-1")
    body = sale_body(1_000) | {"tenders": [{"kind": "cash", "amount_minor": 1_000}]}
    if first == "sale":
        sell(till, "s-1", body)
    asyncio.run(till.capture("r-1"))
    if first == "capture":
        sell(till, "s-1", body)
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    assert balance(till) == 1_000


def test_a_sale_paid_with_points_spends_what_was_held_for_it(
    till: Till, sale_body: SaleBody
) -> None:
    """A POS that forgets to name the redemption has it captured all the same, and told."""
    hold(till, "r-1", points=500, sale_id="s-1")
    sold = sell(till, "s-1", sale_body(1_000) | {"tenders": POINTS_AND_CASH})
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == (("r-1",), 500, ())
    assert "Points redeemed             -500" in sold.answer.receipt
    with pytest.raises(RedemptionEnded):
        asyncio.run(till.release("r-1"))


def test_a_sale_paid_with_money_spends_nothing(till: Till, sale_body: SaleBody) -> None:
    """The customer thought better of it: what was held goes back by itself."""
    hold(till, "r-1", points=500, sale_id="s-1")
    sold = sell(till, "s-1", sale_body(1_000))
    assert (sold.captured, sold.answer.redeemed) == ((), 0)
    asyncio.run(till.release("r-1"))


def test_a_sale_paid_with_money_spends_what_it_names_only(till: Till, sale_body: SaleBody) -> None:
    """A second redemption was held for it, and the customer thought better of that one."""
    for redemption_id in ("r-1", "r-2"):
        hold(till, redemption_id, reward="coffee", sale_id="s-1")
    sold = sell(till, "s-1", sale_body(1_000) | {"redemptions": ["r-1"]})
    assert (sold.captured, sold.answer.redeemed) == (("r-1",), 150)
    asyncio.run(till.release("r-2"))


def test_a_sale_paid_with_points_spends_what_it_names_only(till: Till, sale_body: SaleBody) -> None:
    """Two were held for it, and it names the one that was agreed on: the other goes back."""
    hold(till, "r-1", reward="coffee", sale_id="s-1")
    hold(till, "r-2", points=500, sale_id="s-1")
    body = sale_body(1_000) | {"tenders": POINTS_AND_CASH, "redemptions": ["r-2"]}
    sold = sell(till, "s-1", body)
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == (("r-2",), 500, ())
    asyncio.run(till.release("r-1"))


@pytest.mark.parametrize("price_minor", [0, 300])
def test_a_reward_that_nothing_was_redeemed_for_is_flagged(
    till: Till, sale_body: SaleBody, price_minor: int
) -> None:
    """A coffee for nothing, or one that a tender of points paid for, and no points were taken."""
    tenders = [{"kind": "points", "amount_minor": price_minor}]
    tenders += [{"kind": "cash", "amount_minor": 1_000}]
    body = with_reward(sale_body(1_000, price_minor), 1) | {"tenders": tenders}
    assert sell(till, "s-1", body).answer.flags == ("points_not_redeemed",)


def test_a_sale_counts_what_was_captured_for_no_sale(till: Till, sale_body: SaleBody) -> None:
    """A POS that holds, captures and then sells may name it in its sale, once: it is redeemed for
    that sale, and given back with it.
    """
    hold(till, "r-1", points=500)
    asyncio.run(till.capture("r-1"))
    body = sale_body(1_000) | {"tenders": POINTS_AND_CASH, "redemptions": ["r-1"]}
    sold = sell(till, "s-1", body)
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == ((), 500, ())
    assert sell(till, "s-1", body).replay
    with pytest.raises(RedemptionEnded):
        sell(till, "s-2", body)
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    with pytest.raises(RedemptionEnded):
        sell(till, "s-2", body)
    assert balance(till) == 1_000


def test_a_redemption_is_named_once(till: Till, sale_body: SaleBody) -> None:
    """A POS that names it twice gave its customer two coffees: it is told, and nothing is spent."""
    hold(till, "r-1", reward="coffee")
    with pytest.raises(RedemptionEnded):
        sell(till, "s-1", sale_body(1_000) | {"redemptions": ["r-1", "r-1"]})
    asyncio.run(till.release("r-1"))


def test_what_was_captured_before_its_sale_pays_for_it(till: Till, sale_body: SaleBody) -> None:
    """A POS that captures first has its sale covered: its answer says so, and no flag."""
    hold(till, "r-1", points=500, sale_id="s-1")
    asyncio.run(till.capture("r-1"))
    sold = sell(till, "s-1", sale_body(1_000) | {"tenders": POINTS_AND_CASH})
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == ((), 500, ())


def test_what_was_captured_for_a_sale_is_on_its_receipt(till: Till, sale_body: SaleBody) -> None:
    """However the sale was paid: its answer says what its void gives back."""
    hold(till, "r-1", points=500, sale_id="s-1")
    asyncio.run(till.capture("r-1"))
    assert sell(till, "s-1", sale_body(1_000)).answer.redeemed == 500
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        ({"reward": "coffee"}, 1),
        ({"reward": "coffee"}, 100),
        ({"reward": "hamper"}, 500),
        ({"points": 500}, 137),
        ({"points": 500}, 600),
    ],
)
def test_a_reward_is_one_whole_thing(till: Till, wish: dict[str, Any], part: int) -> None:
    """No coffee for one point, and no discount but in the program's steps."""
    hold(till, "r-1", **wish)
    with pytest.raises(NotRedeemable):
        asyncio.run(till.capture("r-1", points=part))


def test_all_of_a_reward_may_be_said_in_points(till: Till) -> None:
    """A POS that always says how many captures a coffee too, whatever the discount's steps."""
    hold(till, "r-1", reward="coffee")
    assert asyncio.run(till.capture("r-1", points=150))[0].captured == 150


def test_part_of_a_discount_is_spent_in_its_steps(till: Till) -> None:
    """The rest goes back to the member."""
    hold(till, "r-1", points=800)
    asyncio.run(till.capture("r-1", points=600))
    assert balance(till) == 400

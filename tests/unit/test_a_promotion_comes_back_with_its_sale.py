"""A sale of which all came back used no promotion: caps, budgets and firsts are as before it.

Nobody gains by it: what the promotion gave was taken back, into debt where it was spent.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from club import CARD, CLUB, enrol, sell

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.till import Back, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

DOUBLE, OPENING = "2026-12-01", "2026-12-02"
DAILY = CLUB.model_copy(
    update={
        "promotion": tuple(
            each.model_copy(update={"caps": type(each.caps)(times_per_day=1), "budget": None,
                                    "first_day": None, "last_day": None})
            for each in CLUB.promotion if each.id == "opening"
        )
    }
)  # fmt: skip


@pytest.fixture
def tills(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Callable[..., Till]]:
    """Opens a till of a program on one ledger; whatever a test did, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:

        def open_till(program: Program = CLUB) -> Till:
            return Till(ledger, Terms(program=program, store="s001"), mint_id=mint_id)

        yield open_till
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(tills: Callable[..., Till]) -> Till:
    """A till of the club with a member who has not bought yet."""
    till = tills()
    enrol(till)
    return till


def why(answer: SaleAnswer) -> dict[str, int]:
    """The points of each reason."""
    assert sum(each.points for each in answer.because) == answer.points
    return {each.rule: each.points for each in answer.because}


def give_back(till: Till, sale_id: str, *lines: int) -> None:
    """Whole lines come back, one return each."""
    for index in lines:
        back = Back(lines=[{"line": index, "quantity": "1"}])  # type: ignore[arg-type]  # as a POS sends it
        asyncio.run(till.take_back(sale_id, f"{sale_id}-{index}", back))


@pytest.mark.parametrize("how", ["void", "lines", "amount", "lines, then void"])
def test_what_came_back_whole_was_no_purchase(till: Till, sale_body: SaleBody, how: str) -> None:
    """By whatever way all came back: the next purchase is the first, and the one after not."""
    assert why(sell(till, "s-1", sale_body(300, 200)))["first"] == 20
    if "lines" in how:
        give_back(till, "s-1", 0)
        assert why(sell(till, "s-2", sale_body(100))) == {"base": 1}
        asyncio.run(till.void("s-2"))
    if how == "lines":
        give_back(till, "s-1", 1)
    elif how == "amount":
        asyncio.run(till.take_back("s-1", "b", Back(amount_minor=500)))
    else:
        asyncio.run(till.void("s-1"))
    assert why(sell(till, "s-3", sale_body(500))) == {"base": 5, "first": 20}
    assert why(sell(till, "s-4", sale_body(500))) == {"base": 5}


def test_once_is_once_of_what_was_kept(till: Till, sale_body: SaleBody) -> None:
    """A promotion that is given once is there again after a void, a retry included, not after
    half of a return.
    """
    sell(till, "s-0", sale_body(100))
    body = sale_body(300, 200, business_date=DOUBLE)
    assert why(sell(till, "s-1", body)) == {"base": 5, "double": 5}
    give_back(till, "s-1", 0)
    assert why(sell(till, "s-2", body)) == {"base": 5}
    for _ in range(2):
        asyncio.run(till.void("s-1"))
    assert why(sell(till, "s-3", body)) == {"base": 5, "double": 5}
    assert why(sell(till, "s-1", body)) == {"base": 5, "double": 5}, "a retry is answered as before"
    assert why(sell(till, "s-4", body)) == {"base": 5}


def test_a_budget_has_its_points_again(till: Till, sale_body: SaleBody) -> None:
    """Of an allowance of 50, 30 that half came back leave 35, and a void all of it."""
    sell(till, "s-0", sale_body(100))
    body = sale_body(500, 500, business_date=OPENING)
    assert why(sell(till, "s-1", body))["opening"] == 30
    asyncio.run(till.take_back("s-1", "b", Back(amount_minor=500)))
    assert why(sell(till, "s-2", body))["opening"] == 30
    assert why(sell(till, "s-3", body))["opening"] == 5
    for sale_id in ("s-1", "s-2"):
        asyncio.run(till.void(sale_id))
    assert why(sell(till, "s-4", body))["opening"] == 30
    assert why(sell(till, "s-5", body))["opening"] == 15


def test_a_day_counts_its_own_uses(tills: Callable[..., Till], sale_body: SaleBody) -> None:
    """Once a day is once on each day, though a sale of another day is handed in between."""
    till = tills(DAILY)
    enrol(till)
    days = ("2026-12-02", "2026-12-01", "2026-12-02", "2026-12-01")
    given = [
        "opening" in why(sell(till, f"s-{at}", sale_body(500, business_date=day)))
        for at, day in enumerate(days)
    ]
    assert given == [True, True, False, False]
    asyncio.run(till.void("s-1"))
    again = [
        "opening" in why(sell(till, f"t-{at}", sale_body(500, business_date=day)))
        for at, day in enumerate(days)
    ]
    assert again == [False, True, False, False]


def test_a_claimed_sale_comes_back_as_any(till: Till, sale_body: SaleBody) -> None:
    """A claim of the first purchase has its bonus, and a void of it leaves the first to come."""
    asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(500))))
    assert asyncio.run(till.claim("s-1", CARD)).answer.points == 25
    asyncio.run(till.void("s-1"))
    assert why(sell(till, "s-2", sale_body(500))) == {"base": 5, "first": 20}


def test_nobody_gains_by_bringing_it_back(till: Till, sale_body: SaleBody) -> None:
    """Bonus taken, points spent, sale called off, ten times: what was spent is owed, and no more
    can be spent than one sale brings.
    """
    mugs = 0
    for turn in range(10):
        assert "first" in why(sell(till, f"s-{turn}", sale_body(10_000)))
        if asyncio.run(till.identify(CARD)).balance >= 50:
            asyncio.run(till.hold(f"r-{turn}", Wish(token=CARD, reward="mug")))
            asyncio.run(till.capture(f"r-{turn}"))
            mugs += 1
        asyncio.run(till.void(f"s-{turn}"))
        assert asyncio.run(till.identify(CARD)).balance == -50 * mugs
    assert 0 < mugs < 4

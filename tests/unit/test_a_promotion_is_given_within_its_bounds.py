"""A promotion gives what its days, caps and allowance allow, once, and goes back with the sale."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from club import CLUB, enrol, sell

from agent.clock import mint_id
from agent.core.answer import SaleAnswer
from agent.ledger import Ledger, replay
from agent.till import Back, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

OTHER = "em4100:67003B51C6"


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Till]:
    """A till of the club with a member who has bought before; whatever a test did, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=CLUB, store="s001"), mint_id=mint_id)
        enrol(till)
        sell(till, "s-0", sale_body(100))
        yield till
    replay(tmp_path / "ledger.db")


def why(answer: SaleAnswer) -> dict[str, int]:
    """The points of each reason."""
    assert sum(each.points for each in answer.because) == answer.points
    return {each.rule: each.points for each in answer.because}


def line(index: int) -> Back:
    """One whole line comes back."""
    return Back(lines=[{"line": index, "quantity": "1"}])  # type: ignore[arg-type]  # as a POS sends it


def test_a_first_purchase_is_the_first(till: Till, sale_body: SaleBody) -> None:
    """It is given with the first, and with none after it."""
    enrol(till, OTHER)
    assert why(sell(till, "s-1", sale_body(500), OTHER)) == {"base": 5, "first": 20}
    assert why(sell(till, "s-2", sale_body(500), OTHER)) == {"base": 5}


def test_a_cap_counts_what_was_given(till: Till, sale_body: SaleBody) -> None:
    """A promotion that a member gets once is given once, a retry of that sale included."""
    body = sale_body(500, business_date="2026-12-01")
    assert why(sell(till, "s-1", body)) == {"base": 5, "double": 5}
    assert why(sell(till, "s-1", body)) == {"base": 5, "double": 5}
    assert why(sell(till, "s-2", body)) == {"base": 5}


def test_an_allowance_is_the_stores(till: Till, sale_body: SaleBody) -> None:
    """The store gives its 50 points, whoever comes, and then none."""
    enrol(till, OTHER)
    body = sale_body(500, business_date="2026-12-02")
    assert why(sell(till, "s-1", body)) == {"base": 5, "opening": 30}
    assert why(sell(till, "s-2", body, OTHER)) == {"base": 5, "first": 20, "opening": 20}
    assert why(sell(till, "s-3", body)) == {"base": 5}


def test_a_birthday_is_the_profiles(till: Till, sale_body: SaleBody) -> None:
    """The day and the one after it, for who told theirs."""
    enrol(till, OTHER, birthday="12-24")
    sell(till, "s-1", sale_body(100), OTHER)
    given = [
        why(sell(till, f"s-{day}", sale_body(500, business_date=f"2026-12-{day}"), OTHER))
        for day in (23, 24, 25, 26)
    ]
    assert "birthday" not in why(sell(till, "s-9", sale_body(500, business_date="2026-12-24")))
    assert [each.get("birthday", 0) for each in given] == [0, 10, 10, 0]


def test_what_a_promotion_gave_goes_back_with_the_sale(till: Till, sale_body: SaleBody) -> None:
    """Half of the goods takes half, the rest the rest, though the promotion is over."""
    body = sale_body(500, 500, business_date="2026-12-01")
    assert sell(till, "s-1", body).points == 20
    sell(till, "s-2", sale_body(100, business_date="2027-02-01"))
    taken = [asyncio.run(till.take_back("s-1", f"b-{index}", line(index)))[0] for index in (0, 1)]
    assert [each.points_taken for each in taken] == [10, 10]


def test_more_than_a_day_may_bring_is_withheld(till: Till, sale_body: SaleBody) -> None:
    """Four hundred points a day and no more; the sale is taken and flagged."""
    assert sell(till, "s-1", sale_body(39_000)).points == 379  # 21 were there
    assert sell(till, "s-2", sale_body(1_000)).flags == ("points_withheld",)
    assert sell(till, "s-3", sale_body(1_000, business_date="2026-11-22")).points == 15

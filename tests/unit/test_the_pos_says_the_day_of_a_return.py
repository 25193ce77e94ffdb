"""A void and a return count on the business date that the POS says with them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, DayAnswer, Terms, Till

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
SOLD, YESTERDAY, TODAY = "2026-11-19", "2026-11-20", "2026-11-21"


@pytest.fixture
def ledger(
    tmp_path: Path, running_ledger: Callable[..., AbstractContextManager[Ledger]]
) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger, sale_body: Callable[..., dict[str, Any]]) -> Till:
    """A till that took two sales; another lane then handed in one of yesterday."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    for sale_id, day in (("s-0", SOLD), ("s-1", TODAY), ("s-2", YESTERDAY)):
        sale = Sale.model_validate(sale_body(1_000, business_date=day))
        asyncio.run(till.commit(sale_id, sale))
    return till


def day(till: Till, text: str) -> DayAnswer:
    """Add a business date up."""
    return asyncio.run(till.day(date.fromisoformat(text)))


def test_a_return_counts_on_the_day_that_is_said(ledger: Ledger, till: Till) -> None:
    """Whatever any lane had said before, its entry has the date that came with it."""
    back = Back.model_validate({"amount_minor": 400, "business_date": TODAY})
    asyncio.run(till.take_back("s-0", "b", back))
    assert day(till, TODAY).total.returned_minor == 400
    assert day(till, YESTERDAY).total.returns == 0
    newest = Entry.parse(asyncio.run(ledger.read_after((0, 0), at_most=100))[-1])
    assert newest.business_date == date.fromisoformat(TODAY)


def test_a_void_counts_on_the_day_that_is_said(till: Till) -> None:
    """As a return does."""
    asyncio.run(till.void("s-0", business_date=date.fromisoformat(TODAY)))
    assert day(till, TODAY).total.voided_minor == 1_000
    assert day(till, YESTERDAY).total.voids == 0


def test_without_a_date_the_one_said_last_counts(till: Till) -> None:
    """A POS that says none is served as before."""
    asyncio.run(till.void("s-0"))
    asyncio.run(till.take_back("s-1", "b", Back(amount_minor=400)))
    total = day(till, YESTERDAY).total
    assert (total.voids, total.returns) == (1, 1)


def test_a_retry_that_says_another_date_is_the_same_return(till: Till) -> None:
    """A return is known by its id and what came back."""
    for number, each in enumerate((TODAY, YESTERDAY)):
        back = Back.model_validate({"amount_minor": 400, "business_date": each})
        assert asyncio.run(till.take_back("s-0", "b", back))[1] == bool(number)
    assert day(till, YESTERDAY).total.returns == 0

"""Once all the money came back, a void still gives back the points that returns left spent."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, Enrolment, SaleReturned, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
DAY = date(2026, 11, 21)


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Till]:
    """A till with a member who has 1,000 points, 150 of them held for a coffee."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        sell(till, "s-0", sale_body(100_000))
        asyncio.run(till.hold("r", Wish(token=CARD, reward="coffee")))
        yield till
    replay(tmp_path / "ledger.db")


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> None:
    """Commit a sale with the member's card."""
    asyncio.run(till.commit(sale_id, Sale.model_validate(body | {"token": CARD})))


MILK = {"lines": [{"line": 0, "quantity": "1"}]}


@pytest.mark.parametrize("back", [{"amount_minor": 500}, MILK])
@pytest.mark.parametrize("line", [None, 0])
def test_the_coffees_points_are_left_to_a_void(
    till: Till, sale_body: SaleBody, back: dict[str, Any], line: int | None
) -> None:
    """The milk came back, by its line or its price, and the coffee did not: a void gives the
    coffee's points back and counts no money twice. Then there is nothing left.
    """
    body = sale_body(500, *([] if line is None else [line]))
    if line is not None:
        body["lines"][1]["category"] = "reward"
    sell(till, "s", body | {"redemptions": ["r"]})
    first, _ = asyncio.run(till.take_back("s", "b", Back.model_validate(back)))
    whole = line is None and "lines" in back  # the coffee was among the goods
    assert (first.points_taken, first.points_given_back) == (5, 150 if whole else 0)
    if whole:
        with pytest.raises(SaleReturned):
            asyncio.run(till.void("s"))
    else:
        voided, _ = asyncio.run(till.void("s"))
        assert (voided.points_taken, voided.points_given_back) == (0, 150)
        assert asyncio.run(till.void("s")) == (voided, True)
    assert asyncio.run(till.identify(CARD)).balance == 1_000
    total = asyncio.run(till.day(DAY)).total
    assert (total.returns, total.returned_minor, total.voided_minor) == (1, 500, 0)
    assert (total.voids, total.points_taken, total.points_given) == (int(not whole), 5, 150)


def test_the_coffees_line_still_says_so(till: Till, sale_body: SaleBody) -> None:
    """After all of the price, the coffee's own line gives its points; then nothing is left."""
    body = sale_body(500, 0)
    body["lines"][1]["category"] = "reward"
    sell(till, "s", body | {"redemptions": ["r"]})
    asyncio.run(till.take_back("s", "b-1", Back(amount_minor=500)))
    coffee = Back.model_validate({"lines": [{"line": 1, "quantity": "1"}]})
    assert asyncio.run(till.take_back("s", "b-2", coffee))[0].points_given_back == 150
    with pytest.raises(SaleReturned):
        asyncio.run(till.void("s"))

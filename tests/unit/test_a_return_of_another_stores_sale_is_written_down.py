"""Goods that another store sold come back here: where the POS says so, the return is written down
without points, once, and head office works out what it takes and gives.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from rights_shop import RightsShop

from agent.core.facts import ReturnSale
from agent.ledger import replay
from agent.till import Back, ReturnIdReused, UnknownSale


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RightsShop]:
    """A device of a chain; whatever a test did, its journal replays."""
    shop = RightsShop(tmp_path / "ledger.db")
    shop.welcome()
    yield shop
    shop.close()
    replay(tmp_path / "ledger.db")


def bring(shop: RightsShop, sale_id: str, **back: Any) -> tuple[Any, bool]:
    """Bring goods back."""
    answer: tuple[Any, bool] = shop.run(shop.till.take_back(sale_id, "b-1", Back(**back)))
    return answer


def test_it_moves_no_points_and_no_rights(shop: RightsShop) -> None:
    """The money stands in the entry and in the day's report, at the lane that took it back."""
    answer, replayed = bring(
        shop, "far-1", amount_minor=700, elsewhere=True, lane="2", cashier="eva"
    )
    assert (answer.points_taken, answer.points_given_back, answer.account) == (0, 0, None)
    fact = shop.facts()[-1]
    assert isinstance(fact, ReturnSale)
    assert (fact.sale_id, fact.amount_minor, fact.lease, fact.account) == ("far-1", 700, 0, None)
    assert not replayed
    day = shop.run(shop.till.day(shop.clock.now.at.date()))
    assert [(each.lane, each.returns, each.returned_minor) for each in day.lanes] == [("2", 1, 700)]


def test_a_retry_is_answered_and_another_amount_refused(shop: RightsShop) -> None:
    """One entry, however often it is sent."""
    first, _ = bring(shop, "far-1", amount_minor=700, elsewhere=True)
    head = shop.ledger.head
    assert bring(shop, "far-1", amount_minor=700, elsewhere=True) == (first, True)
    with pytest.raises(ReturnIdReused):
        bring(shop, "far-1", amount_minor=701, elsewhere=True)
    assert shop.ledger.head == head


def test_without_the_word_it_stays_unknown(shop: RightsShop) -> None:
    """A sale's id that was mistyped is no other store's."""
    with pytest.raises(UnknownSale):
        bring(shop, "far-1", amount_minor=700)


def test_a_sale_that_is_known_here_comes_back_as_ever(shop: RightsShop) -> None:
    """The word is not believed against the journal."""
    shop.sell(1_000, token=None)
    answer, _ = bring(shop, "s-1", amount_minor=400, elsewhere=True)
    assert answer.lane == "1"


def test_lines_of_a_basket_that_is_not_here_are_refused() -> None:
    """Nobody could say what they came to."""
    with pytest.raises(ValidationError, match="amount_minor"):
        Back.model_validate({"lines": [{"line": 0, "quantity": "1"}], "elsewhere": True})

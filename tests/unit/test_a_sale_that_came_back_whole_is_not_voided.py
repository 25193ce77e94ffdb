"""Once all of a sale came back, money and points, a void contradicts the returns."""

from collections.abc import Iterator

import msgspec
import pytest
from ledger_facts import DAY, accumulation, basket, hold
from ledger_shop import Shop

from agent.core.facts import RedeemReward, ReturnSale, VoidSale

TOTAL_MINOR = 950


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger with sale s, of nine points."""
    shop = Shop()
    shop.ask(accumulation("s", "ana", 9), DAY)
    assert shop.notebook.sales["s"].total_minor == TOTAL_MINOR
    yield shop
    shop.check()
    shop.check_replay()
    shop.close()


def returns(shop: Shop, *amounts_minor: int, points: int = 9) -> None:
    """So much of the sale comes back, at once or bit by bit, with so many points."""
    for number, amount_minor in enumerate(amounts_minor):
        back = ReturnSale(
            sale_id="s",
            return_id=f"b-{number}",
            amount_minor=amount_minor,
            account="ana",
            from_active=0 if number else points,
        )
        shop.ask(back, DAY)


@pytest.mark.parametrize("amounts_minor", [(950,), (900, 50), (1, 2, 947)])
def test_a_void_after_all_came_back_is_refused(shop: Shop, amounts_minor: tuple[int, ...]) -> None:
    """Whole or in parts: what came back whole is not called off as well, and nothing is written."""
    returns(shop, *amounts_minor)
    shop.contradict(VoidSale(sale_id="s", account="ana"), DAY)


def test_what_is_left_of_a_sale_can_be_called_off(shop: Shop) -> None:
    """A part that came back leaves the rest to a void, once."""
    returns(shop, 949, points=0)
    shop.ask(VoidSale(sale_id="s", account="ana", from_active=9), DAY)
    shop.contradict(VoidSale(sale_id="s", account="ana"), DAY)


def test_a_sale_of_nothing_can_be_called_off(shop: Shop) -> None:
    """A sale whose lines cancel out has not come back just because nothing of it is to return."""
    shop.ask(msgspec.structs.replace(accumulation("free", None, 0), sale_json=basket(0)), DAY)
    shop.ask(VoidSale(sale_id="free"), DAY)


def test_points_that_returns_left_can_be_called_off(shop: Shop) -> None:
    """All of the money came back and one point did not: it is left to a void, once."""
    returns(shop, 950, points=8)
    shop.ask(VoidSale(sale_id="s", account="ana", from_active=1), DAY)
    shop.contradict(VoidSale(sale_id="s", account="ana"), DAY)


def test_redeemed_points_that_returns_left_can_be_called_off(shop: Shop) -> None:
    """So it is with what the sale redeemed."""
    shop.ask(accumulation("more", "ana", 9), DAY)
    shop.ask(hold(shop.notebook, "r", "ana", 5), DAY)
    shop.ask(RedeemReward(redemption_id="r", account="ana", points=5, sale_id="s"), DAY)
    returns(shop, 950)
    shop.ask(VoidSale(sale_id="s", account="ana", given_back=5), DAY)
    shop.contradict(VoidSale(sale_id="s", account="ana"), DAY)

"""A member's tier dates from the sale that brought it, not from the newest sale in it."""

from collections.abc import Iterator
from datetime import timedelta

import ledger_facts as some
import pytest
from ledger_shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger and its notebook."""
    shop = Shop()
    yield shop
    shop.close()


def test_a_tier_dates_from_the_sale_that_brought_it(shop: Shop) -> None:
    """Later sales in the same tier leave its day alone; another tier begins on its own day."""
    found = []
    for day, tier in enumerate(["silver", "silver", None, "gold", "silver"]):
        fact = some.accumulation(f"s-{day}", "ana", 5, tier=tier)
        shop.ask(fact, some.DAY + timedelta(days=day))
        shop.check()
        found.append(shop.notebook.tiers["ana"])
    first, fourth, fifth = "2026-11-21", "2026-11-24", "2026-11-25"
    assert found == [("silver", first)] * 3 + [("gold", fourth), ("silver", fifth)]

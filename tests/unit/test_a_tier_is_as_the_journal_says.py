"""A member is in the tier that the newest entry says, since the day and up to the day it says."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import ledger_facts as some
import pytest
from ledger_shop import Shop

from agent.core.tiers import Standing


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger and its notebook."""
    shop = Shop()
    yield shop
    shop.close()


def test_a_tier_is_as_the_newest_entry_that_speaks_of_it(shop: Shop) -> None:
    """An entry that says nothing of the tier leaves it, with its days."""
    found = []
    for day, tier in enumerate(["silver", None, "gold", None]):
        fact = some.accumulation(f"s-{day}", "ana", 5, tier=tier)
        shop.ask(fact, some.DAY + timedelta(days=day))
        shop.check()
        found.append(asyncio.run(shop.ledger.read(lambda view: view.standing("ana"))))
    silver = Standing(tier="silver", since=date(2026, 11, 21))
    gold = Standing(tier="gold", since=date(2026, 11, 21), kept_until=date(2027, 12, 31))
    assert found == [silver, silver, gold, gold]

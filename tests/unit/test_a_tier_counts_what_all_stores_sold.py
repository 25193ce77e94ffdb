"""A tier is reached by what a member bought in all stores together, and every store says the same
of the next one.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from chain_of_stores import Chain

from agent.core.tiers import Standing
from sync.simulation.now import run_now

TIERS = """
[tiers]
count = "points"
period = "{period}"
keep = "months"
keep_months = 12

[[tiers.tier]]
id = "green"
reach = 0
text = "Green"

[[tiers.tier]]
id = "silver"
reach = 100
text = "Silver"

[[tiers.tier]]
id = "gold"
reach = 300
text = "Gold"
"""


@pytest.fixture(name="chain", params=["calendar_year", "rolling"])
def _chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    chain = Chain(TIERS.format(period=request.param))
    yield chain
    chain.close()


def shown(chain: Chain) -> list[tuple[str | None, Any]]:
    """Which tier each store shows, and how many points it says are missing for the next."""
    found = [chain.shown(store) for store in chain.stores]
    return [(each.tier, each.next_tier and each.next_tier.points) for each in found]


def test_two_stores_together_reach_a_tier(chain: Chain) -> None:
    """Sixty points in each are more than a hundred: silver in both, since the day of the second
    sale, and both say what is missing for gold.
    """
    here, there = chain.stores
    account = chain.enrol(here)
    chain.on("2026-04-01")
    chain.sell(here, 60)
    chain.settle()
    assert shown(chain) == [("green", 40)] * 2
    chain.on("2026-05-02")
    chain.sell(there, 60)
    chain.settle()
    chain.on("2026-06-01")
    assert shown(chain) == [("silver", 180)] * 2
    standing = Standing(tier="silver", since=date(2026, 5, 2), kept_until=date(2027, 5, 1))
    for store in chain.stores:
        assert run_now(store.ledger.read(lambda view: view.standing(account))) == standing
    assert chain.amiss() == []


def test_what_came_back_leads_to_no_tier(chain: Chain) -> None:
    """Also where the other store took it back."""
    here, there = chain.stores
    chain.enrol(here)
    chain.on("2026-04-01")
    sale = chain.sell(here, 60)
    chain.settle()
    chain.bring_back(there, sale, 30)
    chain.settle()
    chain.sell(there, 60)
    chain.settle()
    chain.on("2026-05-01")
    assert shown(chain)[1] == ("green", 10)
    chain.sell(there, 10)
    chain.settle()
    assert [tier for tier, _ in shown(chain)] == ["silver"] * 2
    assert chain.amiss() == []


def test_what_was_reached_stays_reached(chain: Chain) -> None:
    """Goods that come back a month later take no tier away, and count against the next one."""
    here, there = chain.stores
    chain.enrol(here)
    chain.on("2026-04-01")
    chain.sell(here, 60)
    sale = chain.sell(there, 60)
    chain.settle()
    chain.on("2026-05-01")
    chain.bring_back(here, sale, 60)
    chain.settle()
    assert shown(chain)[0] == ("silver", 240)


def test_a_tier_that_two_stores_reach_again_is_kept_anew(chain: Chain) -> None:
    """It is kept to its day, and on from there for what both sold since."""
    here = chain.stores[0]
    account = chain.enrol(here)
    chain.sell(here, 100)
    chain.settle()
    chain.on("2027-02-01")
    for store in chain.stores:
        chain.sell(store, 50)
        chain.settle()
    for store in chain.stores:
        standing = run_now(store.ledger.read(lambda view: view.standing(account)))
        assert standing is not None
        assert (standing.tier, standing.since) == ("silver", date(2027, 2, 1))

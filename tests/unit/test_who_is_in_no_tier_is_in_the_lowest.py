"""Who is in none of a program's tiers is judged as in the lowest, by every rule and promotion."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.core.account import Account
from agent.core.accumulate import Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.explain import explain
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(
    """
    id = "p"
    version = 1
    name = "P"
    currency = "USD"
    stacking = "all"
    [[earn]]
    id = "base"
    per_minor = 100
    tier_rates = { green = "1.5", gold = "2" }
    text = "Base"
    [[earn]]
    id = "low"
    per_visit = true
    tiers = ["green"]
    text = "Low"
    [tiers]
    count = "points"
    period = "rolling"
    keep = "months"
    [[tiers.tier]]
    id = "green"
    text = "Green"
    reach = 0
    [[tiers.tier]]
    id = "gold"
    text = "Gold"
    reach = 500
    [[promotion]]
    id = "green"
    bonus = 7
    tiers = ["green"]
    text = "For green"
    [[promotion]]
    id = "birthday"
    bonus = 9
    occasion = "birthday"
    tier_days = { green = 3 }
    text = "Birthday"
    """,
    source="p.toml",
)


@pytest.mark.parametrize("tier", [None, "green", "platinum"])
def test_the_lowest_tier_is_everybodys(sale_body: SaleBody, tier: str | None) -> None:
    """Without a tier, or in one that the program does not have, it is as in the lowest one."""
    when = Circumstances(account=Account(tier=tier, birthday="11-19"))
    given = {"base": 15, "low": 1, "green": 7, "birthday": 9}
    sale = Sale.model_validate(sale_body(1_000))
    assert {each.rule: each.points for each in accumulate(PROGRAM, sale, when).because} == given
    explained = explain(PROGRAM, sale, when)
    assert {each.rule: each.points for each in explained.because} == given
    assert explained.because[0].how == "10.00 USD / 1.00 USD x 1 x 1.5 = 15"
    assert explained.tier == "green"


def test_a_tier_that_is_there_is_taken_as_given(sale_body: SaleBody) -> None:
    """Gold is gold, and has nothing that is for green alone."""
    when = Circumstances(account=Account(tier="gold", birthday="11-19"))
    because = accumulate(PROGRAM, Sale.model_validate(sale_body(1_000)), when).because
    assert {each.rule: each.points for each in because} == {"base": 20}

"""The least that a promotion wants is money that was paid for its lines, each counted once."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.core.accumulate import accumulate
from agent.core.basket import Sale
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(
    """
    id = "p"
    version = 1
    name = "P"
    currency = "USD"
    [[earn]]
    id = "money"
    per_minor = 100
    exclude_categories = ["fuel"]
    text = "Money"
    [[earn]]
    id = "bread"
    per_minor = 100
    categories = ["bakery"]
    text = "Bread"
    [[earn]]
    id = "fuel"
    per_quantity = "1"
    categories = ["fuel"]
    text = "Fuel"
    [[promotion]]
    id = "twice"
    multiplier = "2"
    minimum_minor = 1000
    text = "Twice"
    """,
    source="p.toml",
)


@pytest.mark.parametrize(
    ("category", "amount_minor", "points_minor", "twice"),
    [
        ("grocery", 1000, 0, 10),
        ("grocery", 999, 0, 0),
        ("grocery", 1099, 100, 0),
        ("bakery", 999, 0, 0),
        ("bakery", 1000, 0, 20),
        ("fuel", 999, 0, 0),
        ("fuel", 1000, 0, 4),
    ],
)
def test_a_promotion_wants_money(
    sale_body: SaleBody, category: str, amount_minor: int, points_minor: int, twice: int
) -> None:
    """10.00 are 10.00 where two rules count a line, and where one counts litres."""
    body = sale_body(amount_minor)
    body["lines"][0] |= {"category": category, "quantity": "4"}
    body["tenders"] = [
        {"kind": "points", "amount_minor": points_minor},
        {"kind": "card", "amount_minor": amount_minor - points_minor},
    ]
    because = accumulate(PROGRAM, Sale.model_validate(body)).because
    assert sum(each.points for each in because if each.rule == "twice") == twice


def test_what_points_paid_of_several_rules_lines_is_no_money(sale_body: SaleBody) -> None:
    """9.00 of points pay the groceries and 4.00 of the fuel: 9.99 of 18.99 are left."""
    body = sale_body(500, 1399)
    body["lines"][1] |= {"category": "fuel", "quantity": "4"}
    body["tenders"] = [
        {"kind": "points", "amount_minor": 900},
        {"kind": "card", "amount_minor": 999},
    ]
    because = accumulate(PROGRAM, Sale.model_validate(body)).because
    assert [(each.rule, each.points) for each in because] == [("fuel", 2)]


def test_what_a_rule_wants_is_not_asked_of_the_promotions_lines(sale_body: SaleBody) -> None:
    """A rule from 20.00 on, met by the basket, is multiplied for the 6.00 of bread in it."""
    program = Program.parse(
        """
        id = "p"
        version = 1
        name = "P"
        currency = "USD"
        [[earn]]
        id = "money"
        per_minor = 100
        minimum_minor = 2000
        text = "Money"
        [[promotion]]
        id = "bread"
        multiplier = "2"
        categories = ["bakery"]
        text = "Bread twice"
        """,
        source="p.toml",
    )
    body = sale_body(1500, 600)
    body["lines"][1]["category"] = "bakery"
    because = accumulate(program, Sale.model_validate(body)).because
    assert [(each.rule, each.points) for each in because] == [("money", 21), ("bread", 6)]
    small = sale_body(1399, 600)
    small["lines"][1]["category"] = "bakery"
    assert accumulate(program, Sale.model_validate(small)).because == ()

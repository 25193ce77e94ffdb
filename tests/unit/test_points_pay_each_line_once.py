"""Money that points paid lowers what was paid for a line once, whichever rule counts the line."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.accumulate import accumulate
from agent.core.basket import Sale
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

_GROCERY = """
[[earn]]
id = "grocery"
per_minor = 100
categories = ["grocery"]
text = "Grocery"
"""
_WALLET = """
[[earn]]
id = "wallet"
categories = ["reload"]
steps = [{ from_minor = 3000, points = 10 }]
text = "Wallet"
"""
_ALL = """
[[earn]]
id = "all"
per_minor = 100
text = "All"
"""
_DRINKS = """
[[earn]]
id = "drinks"
per_quantity = "1"
categories = ["beverage"]
text = "Drinks"
"""


def earned_by(rules: str, body: dict[str, Any]) -> dict[str, int]:
    """The points of a sale by rule."""
    head = 'id = "p"\nversion = 1\nname = "P"\ncurrency = "USD"\n'
    program = Program.parse(head + rules, source="p.toml")
    because = accumulate(program, Sale.model_validate(body)).because
    return {each.rule: each.points for each in because}


def bought(sale_body: SaleBody, *lines: tuple[str, int], points_minor: int = 0) -> dict[str, Any]:
    """A body of lines by category, of which points paid a part; each article sold once."""
    body = sale_body(*(amount for _, amount in lines))
    for number, (line, (category, _)) in enumerate(zip(body["lines"], lines, strict=True)):
        line |= {"category": category, "sku": f"a{number}"}
    body["tenders"] = [
        {"kind": "points", "amount_minor": points_minor},
        {"kind": "card", "amount_minor": body["total_minor"] - points_minor},
    ]
    return body


@pytest.mark.parametrize(
    ("points_minor", "earned"),
    [
        (0, {"grocery": 20, "wallet": 10}),
        (500, {"grocery": 15, "wallet": 10}),
        (2000, {"wallet": 10}),
        (2001, {}),
    ],
)
def test_a_rule_of_other_lines_is_left_alone(
    sale_body: SaleBody, points_minor: int, earned: dict[str, int]
) -> None:
    """Points that paid the groceries leave a reload of 30.00 what it was; the rest lowers it."""
    body = bought(sale_body, ("grocery", 2000), ("reload", 3000), points_minor=points_minor)
    assert earned_by(_GROCERY + _WALLET, body) == earned


@pytest.mark.parametrize("rules", [_GROCERY + _ALL, _ALL + _GROCERY])
def test_rules_of_the_same_lines_are_lowered_alike(sale_body: SaleBody, rules: str) -> None:
    """A line that two rules count was not paid for either of them, in any order of the file."""
    body = bought(sale_body, ("grocery", 2000), ("bakery", 1000), points_minor=500)
    assert earned_by(rules, body) == {"grocery": 15, "all": 25}


@given(points_minor=st.integers(0, 5000))
def test_nothing_is_lowered_twice(sale_body: SaleBody, points_minor: int) -> None:
    """Rules without a common line lose together what points paid, to the cent."""
    rules = "".join(
        f'[[earn]]\nid = "{each}"\nper_minor = 1\ncategories = ["{each}"]\ntext = "x"\n'
        for each in ("grocery", "bakery", "reload")
    )
    lines = (("grocery", 1000), ("bakery", 1500), ("reload", 2500))
    body = bought(sale_body, *lines, points_minor=points_minor)
    assert sum(earned_by(rules, body).values()) == 5000 - points_minor


@pytest.mark.parametrize(
    ("amounts_minor", "points_minor", "drinks"),
    [
        ((300, 500), 0, 2),
        ((300, 500), 500, 1),
        ((300, 500), 300, 1),
        ((300, 500), 800, None),
        ((300, 500, 400), 400, 2),
        ((300, 500, -100), 0, 2),
    ],
)
def test_a_drink_that_points_paid_is_one(
    sale_body: SaleBody, amounts_minor: tuple[int, ...], points_minor: int, drinks: int | None
) -> None:
    """Whatever the others cost. A coupon makes drinks cheaper, not fewer."""
    lines = [("beverage", amount) for amount in amounts_minor]
    body = bought(sale_body, *lines, points_minor=points_minor)
    assert earned_by(_DRINKS, body).get("drinks") == drinks


def test_a_drink_that_is_taken_off_again_is_none(sale_body: SaleBody) -> None:
    """A line below zero of an article in the basket takes its quantity back."""
    body = bought(sale_body, ("beverage", 1200), ("beverage", -400))
    body["lines"][0]["quantity"] = "3"
    body["lines"][1] |= {"sku": "a0", "quantity": "1"}
    assert earned_by(_DRINKS, body) == {"drinks": 2}


def test_tenders_that_a_rule_leaves_out_pay_drinks_too(sale_body: SaleBody) -> None:
    """A drink on a gift card is no drink for a rule that leaves gift cards out."""
    rule = _DRINKS + 'exclude_tenders = ["gift_card"]\n'
    body = bought(sale_body, ("beverage", 300), ("beverage", 500))
    body["tenders"] = [
        {"kind": "gift_card", "amount_minor": 300},
        {"kind": "card", "amount_minor": 500},
    ]
    assert earned_by(rule, body) == {"drinks": 1}


def test_tax_left_out_takes_no_drink(sale_body: SaleBody) -> None:
    """Before tax, two drinks are two still."""
    body = bought(sale_body, ("beverage", 300), ("beverage", 500))
    body["lines"][0]["tax_minor"] = 30
    assert earned_by(_DRINKS + "before_tax = true\n", body) == {"drinks": 2}

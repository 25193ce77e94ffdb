"""A sale sent again is the same sale when the basket is, wherever and whenever it comes from."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.basket import Sale

SaleBody = Callable[..., dict[str, Any]]


@given(sale=st.from_type(Sale), seconds=st.integers(-(10**6), 10**6), lane=st.sampled_from("12"))
def test_lane_cashier_and_moment_may_move(sale: Sale, seconds: int, lane: str) -> None:
    """A POS that restarts may send the sale from elsewhere, later, under another cashier."""
    later = sale.occurred_at + timedelta(seconds=seconds)
    again = sale.model_copy(update={"lane": lane, "cashier": "other", "occurred_at": later})
    assert sale.same_basket(again)
    assert again.same_basket(sale)


@pytest.mark.parametrize(
    "changes",
    [
        {"business_date": "2026-11-22"},
        {"currency": "EUR"},
        {"token": "em4100:0C000621A5"},
        {"redemptions": ["r-1"]},
        {"tenders": [{"kind": "card", "amount_minor": 350}]},
        {
            "tenders": [
                {"kind": "cash", "amount_minor": 300},
                {"kind": "cash", "amount_minor": 50},
            ]
        },
    ],
)
def test_nothing_else_may_move(sale_body: SaleBody, changes: dict[str, Any]) -> None:
    """Another day, currency, card, redemption or way of paying is another sale."""
    sale = Sale.model_validate(sale_body(100, 250))
    other = Sale.model_validate(sale_body(100, 250, **changes))
    assert not sale.same_basket(other)
    assert not other.same_basket(sale)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sku", "another"),
        ("description", "Cream"),
        ("category", "alcohol"),
        ("quantity", "2"),
        ("unit_price_minor", 1),
        ("discount_minor", 1),
        ("tax_minor", 1),
    ],
)
def test_every_field_of_a_line_counts(sale_body: SaleBody, key: str, value: object) -> None:
    """A line that differs in anything is another basket, also where the total is the same."""
    changed = sale_body(100, 250)
    changed["lines"][1][key] = value
    sale, other = Sale.model_validate(sale_body(100, 250)), Sale.model_validate(changed)
    assert not sale.same_basket(other)


def test_other_amounts_are_another_basket(sale_body: SaleBody) -> None:
    """Lines that were paid otherwise, left out or told in another order are another basket."""
    sale = Sale.model_validate(sale_body(100, 250))
    for amounts_minor in ((250, 100), (350,), (100, 251), (100, 250, 0)):
        assert not sale.same_basket(Sale.model_validate(sale_body(*amounts_minor)))

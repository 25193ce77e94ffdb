"""Which money of a sale counts toward a tier: what the program's first rule of money counts."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.core.accumulate import spend_minor
from agent.core.basket import Sale
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

_RULE = {"id": "base", "per_minor": 100, "exclude_categories": ["tobacco"], "text": "1 per $1"}
_VISIT = {"id": "visit", "per_visit": True, "text": "For the visit"}


def program(*rules: dict[str, Any]) -> Program:
    """A program of these rules."""
    return Program.model_validate(
        {"id": "p", "version": 1, "name": "P", "currency": "USD", "earn": rules}
    )


@pytest.mark.parametrize(
    ("rules", "currency", "money_minor"),
    [
        ((_RULE,), "USD", 999),
        ((_VISIT, _RULE), "USD", 999),
        ((_VISIT,), "USD", 0),
        ((_RULE,), "EUR", 0),
    ],
)
def test_what_the_first_rule_of_money_counts(
    sale_body: SaleBody, rules: tuple[dict[str, Any], ...], currency: str, money_minor: int
) -> None:
    """Cents included, excluded goods not; none in another currency, or without such a rule."""
    body = sale_body(999, 5_000, currency=currency)
    body["lines"][1]["category"] = "tobacco"
    assert spend_minor(program(*rules), Sale.model_validate(body)) == money_minor


def test_what_points_paid_does_not_count(sale_body: SaleBody) -> None:
    """Only money leads to a tier."""
    tenders = [{"kind": "points", "amount_minor": 400}, {"kind": "cash", "amount_minor": 599}]
    sale = Sale.model_validate(sale_body(999) | {"tenders": tenders})
    assert spend_minor(program(_RULE), sale) == 599

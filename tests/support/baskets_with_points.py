"""Real baskets that are paid with points, in the two ways a program has."""

from typing import Any

__all__ = ["paid_with", "with_coffee"]

_COFFEE_MINOR = 250


def with_coffee(sale: dict[str, Any], redemption_id: str) -> dict[str, Any]:
    """The basket with a coffee in it that points buy."""
    coffee = {
        "sku": "coffee",
        "description": "COFFEE",
        "category": "beverage",
        "quantity": "1.000",
        "unit_price_minor": _COFFEE_MINOR,
        "amount_minor": _COFFEE_MINOR,
    }
    reward = coffee | {"category": "reward", "amount_minor": -_COFFEE_MINOR}
    lines = [*sale["lines"], coffee, reward]
    return sale | {"lines": lines, "redemptions": [redemption_id]}


def paid_with(sale: dict[str, Any], redemption_id: str, points: int) -> dict[str, Any] | None:
    """The basket paid with points first, a cent a point; None where they are worth more."""
    rest_minor = sale["total_minor"] - points
    if rest_minor < 0:
        return None
    tenders = [
        {"kind": "points", "amount_minor": points},
        {"kind": "card", "amount_minor": rest_minor},
    ]
    return sale | {"tenders": tenders, "redemptions": [redemption_id]}

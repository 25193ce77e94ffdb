"""Small programs and baskets for the tests of a replay: made from a few words each."""

import json
from pathlib import Path
from typing import Any

from agent.core.basket import Sale
from agent.core.program import Program
from agent.tools.baskets import Basket

__all__ = ["basket", "program", "sale_body", "write_baskets"]

_BEGINNING = """
id = "small"
version = 1
name = "Small"
currency = "USD"
[[earn]]
id = "base"
per_minor = 100
text = "1 point per $1"
"""


_CARD = "em4100:2A00000001"


def program(more: str = "", **replaced: str) -> Program:
    """Make a program of a point per dollar, and what ``more`` says in TOML."""
    text = _BEGINNING + more
    for key, value in replaced.items():
        before = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(before, f"{key} = {value}", 1)
    return Program.parse(text, source="small.toml")


def sale_body(
    amount_minor: int,
    *,
    day: str = "2026-03-02",
    token: str | None = _CARD,
    hour: int = 12,
    currency: str = "USD",
) -> dict[str, Any]:
    """Write a sale of one line."""
    return {
        "lane": "1",
        "cashier": "ana",
        "business_date": day,
        "occurred_at": f"{day}T{hour:02}:00:00+01:00",
        "currency": currency,
        "token": token,
        "lines": [
            {
                "sku": "4011",
                "category": "grocery",
                "quantity": "1.000",
                "unit_price_minor": amount_minor,
                "amount_minor": amount_minor,
            }
        ],
        "tenders": [{"kind": "card", "amount_minor": amount_minor}],
        "total_minor": amount_minor,
    }


def basket(amount_minor: int, *, store: str | None = "s1", **said: Any) -> Basket:
    """Make a basket of one line, as ``sale_body`` writes it."""
    sale = Sale.model_validate(sale_body(amount_minor, **said))
    return Basket(where="here:1", store=store, sale_id="R-1", sale=sale)


def write_baskets(file: Path, *bodies: dict[str, Any]) -> Path:
    """Write bodies of sales, a line each; answers the file."""
    file.write_text("".join(json.dumps(body) + "\n" for body in bodies), "utf-8")
    return file

"""Points are earned by money: what points bought, or paid for, earns none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.core.accumulate import accumulate
from agent.core.basket import Sale
from agent.core.program import Program

SaleBody = Callable[..., dict[str, Any]]

_PROGRAM = Path(__file__).parents[1] / "data" / "programs" / "corner.toml"
PROGRAM = Program.parse(_PROGRAM.read_text("utf-8"), source="corner.toml")


@pytest.mark.parametrize(("amount_minor", "points"), [(500, 18), (0, 18), (-500, 9)])
def test_a_reward_line_earns_nothing(sale_body: SaleBody, amount_minor: int, points: int) -> None:
    """A line that points bought counts for no rule, whatever stands on it; what it takes off the
    basket was not paid, and is counted once.
    """
    body = sale_body(1_000, amount_minor)
    body["lines"][1]["category"] = "reward"
    assert accumulate(PROGRAM, Sale.model_validate(body)).points == points


def test_money_that_points_paid_earns_nothing(sale_body: SaleBody) -> None:
    """A tender of points is no money; a program may say that it earns all the same."""
    body = sale_body(1_000)
    body["tenders"] = [
        {"kind": "points", "amount_minor": 500},
        {"kind": "cash", "amount_minor": 500},
    ]
    sale = Sale.model_validate(body)
    assert accumulate(PROGRAM, sale).points == 9
    generous = PROGRAM.model_copy(update={"redeemed_part_earns": True})
    assert accumulate(generous, sale).points == 18


def test_a_reward_that_points_paid_for_lowers_nothing_else(sale_body: SaleBody) -> None:
    """A tender of points for the coffee on its own line leaves the other goods paid with money."""
    body = sale_body(1_000, 300)
    body["lines"][1]["category"] = "reward"
    body["tenders"] = [
        {"kind": "points", "amount_minor": 300},
        {"kind": "cash", "amount_minor": 1_000},
    ]
    assert accumulate(PROGRAM, Sale.model_validate(body)).points == 18

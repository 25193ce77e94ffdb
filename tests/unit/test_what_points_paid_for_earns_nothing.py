"""What points paid for earns nothing, by whichever way they paid, unless the program says so."""

from typing import Any

import pytest
from small_programs import program, sale_body

from agent.core.accumulate import accumulate
from agent.core.basket import Sale


def _paid(*tenders: tuple[str, int], reward_minor: int | None = None) -> Sale:
    """A basket of 20.00, with a reward line where there is one, paid so."""
    body: dict[str, Any] = sale_body(2_000)
    if reward_minor is not None:
        line = {"category": "reward", "amount_minor": reward_minor}
        body["lines"].append(body["lines"][0] | line)
    body["tenders"] = [{"kind": kind, "amount_minor": amount} for kind, amount in tenders]
    body["total_minor"] = 2_000 + (reward_minor or 0)
    return Sale.model_validate(body)


@pytest.mark.parametrize(
    ("sale", "points", "where_it_earns"),
    [
        (_paid(("card", 2_000)), 20, 20),
        (_paid(("points", 500), ("card", 1_500)), 15, 20),
        (_paid(("card", 1_500), reward_minor=-500), 15, 20),
        (_paid(("points", 300), ("card", 2_000), reward_minor=300), 20, 20),
        (_paid(("card", 2_000), reward_minor=0), 20, 20),
    ],
    ids=["money", "tender", "money off", "a thing that points bought", "a thing for nothing"],
)
def test_money_alone_earns(sale: Sale, points: int, where_it_earns: int) -> None:
    """A tender of points and a reward line below zero lower what counts; a reward that a tender of
    points paid for does not, and is not counted itself.
    """
    earned = accumulate(program(), sale)
    assert earned.points == points
    assert [reason.lines for reason in earned.because] == [(0,)]
    generous = program().model_copy(update={"redeemed_part_earns": True})
    assert accumulate(generous, sale).points == where_it_earns

"""What caps and budgets have again is the share of what the goods earned: the friend's part, which
goes whole or not at all, changes none of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from friends import FRIEND, REFERRAL, Friends, lines_back, money_back
from small_programs import program

from agent.clock import mint_id
from agent.ledger import Ledger, replay
from agent.till import Back, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

STRANGER = "em4100:0000000003"
RULES = program(
    REFERRAL
    + """
[[promotion]]
id = "opening"
bonus = 30
text = "Opening day"
caps = { points_in_all = 100 }
budget = { points = 300, stores = { s001 = 300 } }
"""
)


@pytest.mark.parametrize(
    ("back", "again"),
    [
        (lines_back(1), 30 * 10 // 70),
        (lines_back(0), 30 * 30 // 70),
        (money_back(2_500), 30 * 44 // 70),
        (lines_back(0, 1), 30),
    ],
    ids=["it stays", "it goes with a line", "it goes with money", "all comes back"],
)
def test_a_budget_has_the_goods_share_again(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody, back: Back, again: int
) -> None:
    """Whether or not somebody brought the member, and whether or not what that gave goes too."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=RULES, store="s001"), mint_id=mint_id)
        friends, body = Friends(till, ledger), sale_body(3_000, 1_000)
        friends.bring(STRANGER, None)
        given = []
        for sale_id, token in (("s-1", STRANGER), ("s-2", FRIEND)):
            friends.buys(sale_id, body, token)
            friends.brings_back(sale_id, "b-1", back)
            given.append(asyncio.run(ledger.read(lambda view: view.given()))["opening"])
    assert given == [30 - again, 2 * (30 - again)]
    replay(tmp_path / "ledger.db")

"""A sale that was called off leads to no tier, whatever it came to."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from club import CARD, enrol, sell

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.till import Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_FILE = Path(__file__).parents[1] / "data" / "programs" / "club-year.toml"
_YEAR = Program.parse(_FILE.read_text("utf-8"), source="club-year.toml")


def missing(till: Till, body: dict[str, Any]) -> int | None:
    """The money that is missing for the next tier."""
    quoted = asyncio.run(till.quote(Sale.model_validate(body | {"token": CARD})))
    assert quoted.next_tier is not None
    return quoted.next_tier.spend_minor


def test_goods_and_coupons_that_came_to_nothing(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """The goods of a sale of 0 count no more than those of any other, once it was voided."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=_YEAR, store="s001"), mint_id=mint_id)
        enrol(till)
        goods = sale_body(2_000, -2_000)
        goods["lines"][1]["category"] = "tobacco"  # its coupon; tobacco counts for nothing
        sell(till, "s-1", goods)
        assert missing(till, sale_body(100)) == 1_000
        asyncio.run(till.void("s-1"))
        assert missing(till, sale_body(100)) == 3_000
    replay(tmp_path / "ledger.db")

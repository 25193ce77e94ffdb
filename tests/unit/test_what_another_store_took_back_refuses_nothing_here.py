"""A sale whose points still wait comes back at another store: here its till goes on as before."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from told import account, card, tell
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_SIMPLE = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
PROGRAM = _SIMPLE.model_copy(update={"return_window_days": 14})
CARD = "em4100:0000000001"


OLDER = 40
"""Points of an older sale that came back there too, and became active here before."""


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Till]:
    """A till whose member's sale of 600 points, all of them pending, came back elsewhere."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        tell(ledger, account("ana", 0, enrolled_on="2026-01-02"), card(CARD, "ana"))
        till = Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)
        assert sell(till, "sale-1", sale_body(60_000)).account == "ana"
        assert asyncio.run(till.identify(CARD)).pending == 600
        tell(ledger, account("ana", OLDER, pending=-600 - OLDER, enrolled_on="2026-01-02"))
        yield till


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> Any:
    """Commit a member's sale."""
    sale = Sale.model_validate(body | {"token": CARD})
    return asyncio.run(till.commit(sale_id, sale)).answer


def test_the_sale_is_voided(till: Till) -> None:
    """Its void is taken, though less waits than it gave."""
    answer, _ = asyncio.run(till.void("sale-1"))

    assert (answer.status, answer.points_taken) == ("voided", 600)


def test_the_member_buys_again(till: Till, sale_body: SaleBody) -> None:
    """Their next sale is taken, however little waits by head office's word."""
    assert sell(till, "sale-2", sale_body(100)).account == "ana"

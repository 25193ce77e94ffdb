"""A sale that points paid whole gives them back with its goods, part by part."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Back, Enrolment, Terms, Till, Wish

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"


def test_each_line_gives_back_its_share(
    tmp_path: Path,
    running_ledger: Callable[..., AbstractContextManager[Ledger]],
    sale_body: Callable[..., dict[str, Any]],
) -> None:
    """Where a reward line leaves nothing to pay, the goods say how much each of them redeemed."""
    body = sale_body(400, 100, -500, token=CARD, redemptions=["r"])
    body["lines"][2]["category"] = "reward"
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(60_000, token=CARD))))
        asyncio.run(till.hold("r", Wish(token=CARD, points=500)))
        asyncio.run(till.commit("s", Sale.model_validate(body)))
        given_back = []
        for line in (1, 0):
            back = Back.model_validate({"lines": [{"line": line, "quantity": "1.000"}]})
            answer, _ = asyncio.run(till.take_back("s", f"b-{line}", back))
            given_back.append(answer.points_given_back)
        assert given_back == [100, 400]
        assert asyncio.run(till.identify(CARD)).balance == 600
    replay(tmp_path / "ledger.db")

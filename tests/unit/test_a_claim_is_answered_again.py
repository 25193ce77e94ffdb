"""A claim that was answered is answered the same again, whatever became of the card."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import CardState, CardStateName
from agent.core.program import Program
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Enrolment, Terms, Till

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"


@pytest.mark.parametrize("state", ["blocked", "lost", "replaced"])
def test_a_claim_outlives_its_card(
    tmp_path: Path,
    running_ledger: Callable[..., AbstractContextManager[Ledger]],
    sale_body: Callable[..., dict[str, Any]],
    state: CardStateName,
) -> None:
    """A POS that asks again hears what it was told, also once the card may claim no more."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        account = asyncio.run(till.members.enrol(Enrolment(token=CARD))).account
        asyncio.run(till.commit("s", Sale.model_validate(sale_body(1_000))))
        claimed = asyncio.run(till.claim("s", CARD)).answer
        fact = CardState(token=CARD, account=account, state=state)
        asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))
        again = asyncio.run(till.claim("s", CARD))
        assert (again.answer, again.replay) == (claimed, True)
        assert asyncio.run(till.identify(CARD)).balance == 10

"""A card that is blocked, lost or replaced still collects points and spends none."""

import asyncio
from collections.abc import Callable, Iterator
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
from agent.till import CardBlocked, Enrolment, Terms, Till, Wish

SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
STATES = pytest.mark.parametrize("state", ["blocked", "lost", "replaced"])


@pytest.fixture
def ledger(
    tmp_path: Path, running_ledger: Callable[..., AbstractContextManager[Ledger]]
) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger, sale_body: SaleBody) -> Till:
    """A till at which Ana has 600 points."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(60_000, token=CARD))))
    return till


def change(ledger: Ledger, till: Till, state: CardStateName) -> None:
    """Let something happen to Ana's card."""
    fact = CardState(token=CARD, account=asyncio.run(till.identify(CARD)).account, state=state)
    asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))


@STATES
def test_a_card_that_is_not_active_spends_nothing(
    ledger: Ledger, till: Till, state: CardStateName
) -> None:
    """It redeems nothing, and says why; what was there stays there."""
    change(ledger, till, state)
    with pytest.raises(CardBlocked):
        asyncio.run(till.hold("r", Wish(token=CARD, points=500)))
    seen = asyncio.run(till.identify(CARD))
    assert (seen.status, seen.balance, seen.redeemable_now) == (state, 600, 0)


@STATES
def test_a_card_that_is_not_active_still_collects(
    ledger: Ledger, till: Till, sale_body: SaleBody, state: CardStateName
) -> None:
    """A sale is never refused its points for the state of its card."""
    change(ledger, till, state)
    sale = Sale.model_validate(sale_body(1_000, token=CARD))
    assert asyncio.run(till.commit("s-1", sale)).answer.balance == 610


@STATES
def test_a_card_that_is_not_active_collects_afterwards(
    ledger: Ledger, till: Till, sale_body: SaleBody, state: CardStateName
) -> None:
    """Shown after the sale it earns what it would have earned with it."""
    asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(1_000))))
    change(ledger, till, state)
    assert asyncio.run(till.claim("s-1", CARD)).answer.balance == 610

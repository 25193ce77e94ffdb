"""Who becomes a member has what the program gives for it, at once and once."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from club import CARD, CLUB, enrol
from welcomed import welcome

from agent.clock import mint_id
from agent.core.facts import AccumulatePromotionPoints
from agent.core.program import Enrolment
from agent.ledger import Ledger, replay
from agent.till import CardInUse, Terms, Till

WELCOME = Enrolment(id="welcome", points=5, text="Welcome to the club")
WELCOMING = Terms(program=CLUB.model_copy(update={"enrolment": WELCOME}))

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


def test_enrolment_brings_its_points_once(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """The entry names the rule, the balance has its points, and the same card gets no more."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, WELCOMING, mint_id=mint_id)
        enrol(till)
        with pytest.raises(CardInUse):
            enrol(till)
        assert asyncio.run(till.identify(CARD)).balance == 5
        newest = asyncio.run(ledger.read(lambda view: view.newest()))
    assert newest is not None
    fact = newest.fact
    assert isinstance(fact, AccumulatePromotionPoints)
    assert [(each.rule, each.points) for each in fact.because] == [("welcome", 5)]
    replay(tmp_path / "ledger.db")


@pytest.mark.parametrize(("alone", "right"), [(True, 5), (False, 5)])
def test_they_can_be_spent_where_they_were_given(
    tmp_path: Path, running_ledger: RunningLedger, *, alone: bool, right: int
) -> None:
    """Also under a head office that granted nothing: the device that gave them has the right."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        till = Till(ledger, replace(WELCOMING, alone=alone), mint_id=mint_id)
        enrol(till)
        assert asyncio.run(till.identify(CARD)).redeemable_now == right

"""Points that waited since an older epoch become active, and bring this device no rights: another
life of its disk may have made the same points active, and have spent them.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import ActivatePoints
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Enrolment, Terms, Till

CARD = "em4100:0C000621A5"
EARLY, LATER, DUE = "2026-11-21", "2026-11-22", "2026-12-06"
"""What is sold on the first two waits no longer on the third."""

_SIMPLE = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
TERMS = Terms(program=_SIMPLE.model_copy(update={"return_window_days": 14}), alone=False)


@pytest.fixture
def ledger(
    tmp_path: Path, running_ledger: Callable[..., AbstractContextManager[Ledger]]
) -> Iterator[Ledger]:
    """The ledger of a welcomed device, which a test may have welcomed again; it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        yield ledger
    replay(tmp_path / "ledger.db")


def basket(sale_body: Callable[..., dict[str, Any]], day: str) -> Sale:
    """A sale that earns 600 points."""
    return Sale.model_validate(sale_body(60_000, token=CARD, business_date=day))


@pytest.mark.parametrize(
    ("welcomed_before", "right"), [(None, 1_200), (LATER, 600), (DUE, 0)], ids=str
)
def test_only_what_was_sold_in_the_present_epoch_brings_rights(
    ledger: Ledger,
    sale_body: Callable[..., dict[str, Any]],
    welcomed_before: str | None,
    right: int,
) -> None:
    """All that is due becomes active; there are rights to what was sold in the present epoch, and
    a quote of the day has said so before.
    """
    till = Till(ledger, TERMS, mint_id=mint_id)
    account = asyncio.run(till.members.enrol(Enrolment(token=CARD))).account
    for day in (EARLY, LATER):
        if day == welcomed_before:
            welcome(ledger)
        asyncio.run(till.commit(day, basket(sale_body, day)))
    if welcomed_before == DUE:
        welcome(ledger)
    sale = basket(sale_body, DUE)
    quoted = asyncio.run(till.quote(sale))
    coffee = next(offer for offer in quoted.rewards if offer.reward == "coffee")

    assert (quoted.balance, coffee.available) == (1_200, right > 0)
    assert asyncio.run(till.commit(DUE, sale)).answer.balance == 1_200
    assert asyncio.run(ledger.read(lambda view: view.right(account))) == right
    lines = asyncio.run(ledger.read_after((0, 0), at_most=100))
    facts = [Entry.parse(line).fact for line in lines]
    active = [(each.points, each.lease) for each in facts if isinstance(each, ActivatePoints)]
    assert active == [(1_200, right)]

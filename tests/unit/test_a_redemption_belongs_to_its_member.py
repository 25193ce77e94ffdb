"""A sale spends the points of its own member, or none."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Enrolment, Terms, Till, UnknownRedemption, Wish

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD, STRANGER = "em4100:0C000621A5", "em4100:67003B51C6"


@pytest.fixture
def till(
    tmp_path: Path,
    running_ledger: Callable[..., AbstractContextManager[Ledger]],
    sale_body: Callable[..., dict[str, Any]],
) -> Iterator[Till]:
    """A till at which Ana has 100 points and holds 500; whatever was done, the ledger replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(60_000, token=CARD))))
        asyncio.run(till.hold("r", Wish(token=CARD, points=500)))
        yield till
    replay(tmp_path / "ledger.db")


@pytest.mark.parametrize("token", [None, STRANGER, "nonsense"])
def test_a_sale_without_a_member_spends_nobodys_points(
    till: Till, sale_body: Callable[..., dict[str, Any]], token: str | None
) -> None:
    """With no card, or one that nobody has, there is no one to whom a return could give back."""
    sale = Sale.model_validate(sale_body(1_000, token=token, redemptions=["r"]))
    with pytest.raises(UnknownRedemption):
        asyncio.run(till.commit("s-1", sale))
    assert asyncio.run(till.release("r"))[0].balance == 600


@pytest.mark.parametrize("token", [None, STRANGER])
def test_nothing_is_captured_for_another_members_sale(
    till: Till, sale_body: Callable[..., dict[str, Any]], token: str | None
) -> None:
    """Held for a sale that was taken for somebody else, or nobody: a void would give nothing back.
    Once the sale is the member's, it is captured for it.
    """
    asyncio.run(till.release("r"))
    asyncio.run(till.members.enrol(Enrolment(token=STRANGER)))
    asyncio.run(till.hold("r-2", Wish(token=CARD, points=500, sale_id="s-1")))
    asyncio.run(till.commit("s-1", Sale.model_validate(sale_body(1_000, token=token))))
    with pytest.raises(UnknownRedemption):
        asyncio.run(till.capture("r-2"))
    if token is None:
        asyncio.run(till.claim("s-1", CARD))
        asyncio.run(till.capture("r-2"))
        assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    else:
        asyncio.run(till.release("r-2"))
    assert asyncio.run(till.identify(CARD)).balance == 600


def test_what_a_voided_sale_redeemed_is_its_members_again(
    till: Till, sale_body: Callable[..., dict[str, Any]]
) -> None:
    """Points that a sale spent come back to whom it took them from."""
    sale = Sale.model_validate(sale_body(1_000, token=CARD, redemptions=["r"]))
    asyncio.run(till.commit("s-1", sale))
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    assert asyncio.run(till.identify(CARD)).balance == 600

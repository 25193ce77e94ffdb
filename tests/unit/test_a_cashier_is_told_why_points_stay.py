"""Where points cannot be spent, the cashier is told the true reason, and how many are missing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.rewards import Spendable, offers
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import AccountView, Block, Enrolment, Terms, Till, Wish

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


def till_of(ledger: Ledger, *, alone: bool = True) -> Till:
    """A till, with or without a head office."""
    return Till(ledger, Terms(program=PROGRAM, alone=alone), mint_id=mint_id)


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till without a head office, and a member."""
    till = till_of(ledger)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    return till


@pytest.fixture
def earn(till: Till, sale_body: SaleBody) -> Callable[..., str]:
    """Sell for so many points; answers the sale's id."""

    def earn(points: int, sale_id: str = "s-1", at: Till = till) -> str:
        asyncio.run(at.commit(sale_id, Sale.model_validate(sale_body(points * 100, token=CARD))))
        return sale_id

    return earn


Earn = Callable[..., str]


def told(view: AccountView) -> dict[str, str]:
    """What is said about each reward."""
    return {offer.reward: offer.why for offer in view.offers}


def look(till: Till) -> tuple[str | None, str, str]:
    """What a cashier is told of the card, of money off and of the coffee."""
    view = asyncio.run(till.identify(CARD))
    assert all(offer.available == (offer.why == offer.text) for offer in view.offers)
    return view.say, told(view)["dollars-off"], told(view)["coffee"]


def quoted(till: Till, sale_body: SaleBody) -> tuple[str, str]:
    """What a quote says of both rewards."""
    sale = Sale.model_validate(sale_body(100_000, token=CARD))
    by_reward = {one.reward: one.why for one in asyncio.run(till.quote(sale)).rewards}
    return by_reward["dollars-off"], by_reward["coffee"]


def test_a_debt_is_added_to_what_is_missing(till: Till, earn: Earn, sale_body: SaleBody) -> None:
    """Who owes 500 needs 650 more for a coffee of 150, and the cashier hears of the debt."""
    sale_id = earn(600)
    asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))
    asyncio.run(till.capture("r-1"))
    asyncio.run(till.void(sale_id))
    owes = "this member owes 500 points; the next points go toward this"
    assert look(till) == (owes, "1000 more points needed", "650 more points needed")
    assert quoted(till, sale_body) == ("1000 more points needed", "650 more points needed")
    earn(499, "s-2")
    assert look(till)[0] == "this member owes 1 point; the next points go toward this"


def test_a_frozen_ledger_is_the_reason(
    ledger: Ledger, till: Till, earn: Earn, sale_body: SaleBody
) -> None:
    """With 499 points a coffee waits for a word, and money off for one more point."""
    earn(499)
    assert look(till) == (None, "1 more point needed", "A coffee")
    asyncio.run(ledger.write(lambda t: t.open_epoch("rebuilt", incarnation="disk-2")))
    say, money_off, coffee = look(till)
    assert say is not None
    assert "nobody has confirmed it" in say
    assert (money_off, coffee) == ("1 more point needed", say)
    assert quoted(till, sale_body) == (money_off, coffee)


def test_a_blocked_card_is_the_reason(till: Till, earn: Earn, sale_body: SaleBody) -> None:
    """Nobody is sent away for points that they have."""
    earn(1100)
    asyncio.run(till.members.block_card(CARD, Block(state="blocked")))
    say, *both = look(till)
    assert say == "this card is blocked; it collects points and cannot spend them"
    assert both == [say, say]
    assert quoted(till, sale_body) == (say, say)


def test_points_from_elsewhere_are_the_reason(
    ledger: Ledger, earn: Earn, sale_body: SaleBody
) -> None:
    """With a head office only points that became active here can be spent, and that is said."""
    earn(1100)
    linked = till_of(ledger, alone=False)
    say, *both = look(linked)
    assert say == "points can be redeemed here once head office has welcomed this device"
    assert both == [say, say]
    welcome(ledger)
    say, *both = look(linked)
    assert say == "none of these points can be spent here before head office answers"
    assert both == [say, say]
    assert quoted(linked, sale_body) == (say, say)
    earn(200, "s-2", linked)
    say, money_off, coffee = look(linked)
    assert say == "200 of these points can be spent here before head office answers"
    assert (money_off, coffee) == (say, "A coffee")


def test_nothing_is_said_where_nothing_is_kept_back(till: Till, earn: Earn) -> None:
    """A member with no points, and one who can spend them all, are no riddle."""
    assert look(till) == (None, "500 more points needed", "150 more points needed")
    earn(1100)
    assert look(till) == (None, "Money off", "A coffee")


def test_a_small_basket_is_the_reason(till: Till, earn: Earn, sale_body: SaleBody) -> None:
    """Enough points and too little to pay: the basket is too small."""
    earn(1100)
    small = Sale.model_validate(sale_body(400, token=CARD))
    (money_off, _) = asyncio.run(till.quote(small)).rewards
    assert (money_off.available, money_off.why) == (False, "the basket is too small")
    assert money_off.text == "Money off"


@given(
    balance=st.integers(-2_000, 2_000),
    less=st.integers(0, 2_000),
    total_minor=st.none() | st.integers(0, 3_000),
)
def test_what_is_missing_is_missing(
    sale_body: SaleBody, balance: int, less: int, total_minor: int | None
) -> None:
    """Points are said to be missing just where the balance does not reach, and just so many."""
    basket = None if total_minor is None else Sale.model_validate(sale_body(total_minor))
    points = Spendable(balance=balance, usable=max(0, balance - less), why_less="kept back")
    for offer in offers(PROGRAM, points, basket):
        short = offer.cost_points - balance
        assert (" needed" in offer.why) == (short > 0)
        if short > 0:
            assert not offer.available
            assert offer.why.split()[0] == str(short)
        elif not offer.available and offer.cost_points > points.usable:
            assert offer.why == "kept back"
        assert offer.text in ("Money off", "A coffee")

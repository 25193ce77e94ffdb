"""A sale names a redemption that was given back meanwhile: where points paid, it spends it now."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Enrolment, RedemptionEnded, Terms, Till, Wish
from agent.till.till import Committed

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
TENDERS = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]
UNPAID = ("points_not_redeemed",)


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger, sale_body: SaleBody) -> Till:
    """A till with a member who has 1,000 points."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    sell(till, "s-0", sale_body(100_000))
    return till


def sell(till: Till, sale_id: str, body: dict[str, Any], *redemption_ids: str) -> Committed:
    """Commit a sale with the member's card."""
    named = {"token": CARD, "redemptions": redemption_ids}
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body | named)))


def hold(till: Till, redemption_id: str, **wish: Any) -> str:
    """Hold points; answers how the redemption stands."""
    wished = Wish.model_validate({"token": CARD} | wish)
    return asyncio.run(till.hold(redemption_id, wished))[0].status


def given_back(till: Till, redemption_id: str, **wish: Any) -> None:
    """Hold points and give them back."""
    hold(till, redemption_id, **wish)
    asyncio.run(till.release(redemption_id))


def balance(till: Till) -> int:
    """The member's points."""
    return asyncio.run(till.identify(CARD)).balance


@pytest.fixture
def paid(sale_body: SaleBody) -> dict[str, Any]:
    """A basket of 10.00, half of which points paid."""
    return sale_body(1_000) | {"tenders": TENDERS}


def test_a_sale_that_comes_late_is_taken_and_judged_afresh(
    till: Till, paid: dict[str, Any]
) -> None:
    """Points that are there are spent now; where they are not, the sale is taken and flagged."""
    given_back(till, "r-1", points=500)
    given_back(till, "r-2", points=500)
    hold(till, "r-3", points=500)
    covered = sell(till, "s-1", paid, "r-1")
    assert (covered.captured, covered.answer.redeemed, covered.answer.flags) == (("r-1",), 500, ())
    bare = sell(till, "s-2", paid, "r-2")
    assert (bare.captured, bare.answer.redeemed, bare.answer.flags) == ((), 0, UNPAID)
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500


def test_it_is_spent_under_its_own_id_once(till: Till, paid: dict[str, Any]) -> None:
    """From then on it is captured like any other: for one sale, whoever asks and however often."""
    given_back(till, "r-1", points=500, sale_id="s-9")
    sell(till, "s-1", paid, "r-1")
    with pytest.raises(RedemptionEnded):
        sell(till, "s-2", paid, "r-1")
    assert hold(till, "r-1", points=500, sale_id="s-9") == "captured"
    assert asyncio.run(till.capture("r-1"))[0].captured == 500
    with pytest.raises(RedemptionEnded):
        asyncio.run(till.release("r-1"))
    assert sell(till, "s-1", paid, "r-1").replay
    assert balance(till) == 505


def test_no_id_is_made_up(till: Till, paid: dict[str, Any]) -> None:
    """A POS may call its redemptions what it likes, also after an entry of the journal."""
    given_back(till, "r-1", points=500)
    seq = asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))[0].journal.seq
    hold(till, f"late:0:{seq + 2}", points=500)
    assert sell(till, "s-1", paid, "r-1").answer.redeemed == 500


def test_it_takes_rights_of_today(ledger: Ledger, till: Till, paid: dict[str, Any]) -> None:
    """Under a head office it is a redemption of this epoch: it takes rights that are there now."""
    welcome(ledger)
    bound = Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)
    given_back(till, "r-1", points=500)
    assert sell(bound, "s-1", paid, "r-1").answer.flags == UNPAID
    more = paid | {"tenders": [{"kind": "cash", "amount_minor": 60_000}]}
    more |= {"lines": [paid["lines"][0] | {"amount_minor": 60_000}], "total_minor": 60_000}
    sell(bound, "s-2", more)
    before = asyncio.run(bound.identify(CARD)).redeemable_now
    assert sell(bound, "s-3", paid, "r-1").answer.redeemed == 500
    assert asyncio.run(bound.identify(CARD)).redeemable_now == before - 500 + 5


def test_a_sale_paid_with_money_takes_no_points(till: Till, sale_body: SaleBody) -> None:
    """The points were released and the bill was paid in cash: it is taken and flagged, and takes no
    points besides.
    """
    given_back(till, "r-1", points=500)
    sold = sell(till, "s-1", sale_body(1_000), "r-1")
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == ((), 0, UNPAID)
    assert hold(till, "r-1", points=500) == "released"
    assert balance(till) == 1_010


def test_points_are_there_once_for_all_that_a_late_sale_names(
    till: Till, paid: dict[str, Any]
) -> None:
    """Two were given back meanwhile and the points of one are there: one is spent, and the sale is
    flagged for the other.
    """
    given_back(till, "r-1", points=500)
    given_back(till, "r-2", points=500)
    hold(till, "r-3", points=500)
    sold = sell(till, "s-1", paid, "r-1", "r-2")
    assert (sold.captured, sold.answer.redeemed, sold.answer.flags) == (("r-1",), 500, UNPAID)
    assert balance(till) == sold.answer.balance == sold.answer.points


def test_a_part_that_was_spent_is_not_judged_afresh(till: Till, paid: dict[str, Any]) -> None:
    """The rest of a capture was given back with it: the redemption is over all the same."""
    hold(till, "r-1", points=600, sale_id="s-9")
    asyncio.run(till.capture("r-1", points=500))
    with pytest.raises(RedemptionEnded):
        sell(till, "s-1", paid, "r-1")

"""A frozen ledger spends nothing and takes every sale; what it could not capture is not lost."""

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
from agent.ledger import Frozen, Ledger, replay
from agent.paths import shipped_program
from agent.till import Enrolment, RedemptionAnswer, Terms, Till, Wish
from agent.till.till import Committed

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD, BENS = "em4100:0C000621A5", "em4100:67003B51C6"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger, sale_body: SaleBody) -> Till:
    """A till at which Ana has 600 points."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    sell(till, "s-0", sale_body(60_000))
    return till


def sell(till: Till, sale_id: str, body: dict[str, Any], card: str = CARD) -> Committed:
    """Commit a sale with Ana's card, or another one."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body | {"token": card})))


def hold(till: Till, redemption_id: str = "r-1", **wish: Any) -> RedemptionAnswer:
    """Hold 500 of Ana's points, or what is wished."""
    wished = Wish.model_validate({"token": CARD} | ({"points": 500} | wish))
    return asyncio.run(till.hold(redemption_id, wished))[0]


def balance(till: Till) -> int:
    """Ana's active points."""
    return asyncio.run(till.identify(CARD)).balance


def freeze(ledger: Ledger) -> None:
    """Begin the epoch of a ledger that was rebuilt."""
    asyncio.run(ledger.write(lambda t: t.open_epoch("rebuilt", incarnation="disk-2")))


@pytest.mark.usefixtures("till")
def test_it_earns_no_rights(ledger: Ledger, sale_body: SaleBody) -> None:
    """What is sold on a rebuilt ledger counts, and is spent only once head office agrees."""
    bound = Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)
    welcome(ledger)
    freeze(ledger)
    sell(bound, "s-1", sale_body(50_000))
    account = asyncio.run(bound.identify(CARD)).account
    assert asyncio.run(bound.identify(CARD)).balance == 1_100
    assert asyncio.run(ledger.read(lambda view: view.right(account))) == 0


def test_it_redeems_nothing(till: Till, ledger: Ledger) -> None:
    """No redemption is made or spent until somebody agrees; one that is held can go back."""
    hold(till)
    freeze(ledger)
    with pytest.raises(Frozen):
        asyncio.run(till.capture("r-1"))
    with pytest.raises(Frozen):
        hold(till, "r-2")
    assert asyncio.run(till.identify(CARD)).redeemable_now == 0
    asyncio.run(till.release("r-1"))
    assert balance(till) == 600


@pytest.mark.parametrize("named", ["r-1", "nobody's"])
def test_it_takes_a_sale_that_names_a_redemption(
    till: Till, ledger: Ledger, sale_body: SaleBody, named: str
) -> None:
    """Its customer has paid and left: it is taken and flagged, whatever it names, and what was held
    stays held.
    """
    hold(till)
    freeze(ledger)
    sold = sell(till, "s-1", sale_body(1_000, redemptions=[named]))
    assert (sold.answer.redeemed, sold.answer.flags) == (0, ("points_not_redeemed",))
    assert hold(till).status == "held"


def test_it_counts_what_was_spent_before(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """What a sale names was captured by itself before the ledger was frozen: nothing is missing."""
    hold(till)
    asyncio.run(till.capture("r-1"))
    freeze(ledger)
    sold = sell(till, "s-1", sale_body(1_000, redemptions=["r-1"]))
    assert (sold.answer.redeemed, sold.answer.flags) == (500, ())
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500


@pytest.mark.parametrize("held_for", [None, "s-9"])
def test_what_is_captured_later_is_its_sales(
    till: Till, ledger: Ledger, sale_body: SaleBody, held_for: str | None
) -> None:
    """A sale named it and was taken without it. Captured by itself once the ledger is confirmed, it
    counts for that sale, whatever it was held for, and comes back with it.
    """
    hold(till, sale_id=held_for)
    freeze(ledger)
    sold = sell(till, "s-1", sale_body(1_000, redemptions=["r-1"]))
    assert sold.answer.flags == ("points_not_redeemed",)
    asyncio.run(ledger.confirm())
    asyncio.run(till.capture("r-1"))
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    assert balance(till) == 600


def test_a_hold_is_known_by_what_it_was_held_for(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """Another sale named it and was taken without it, and a third one spent it late: the hold that
    is asked for again is still the same one.
    """
    hold(till, sale_id="s-9")
    freeze(ledger)
    sell(till, "s-1", sale_body(1_000, redemptions=["r-1"]))
    asyncio.run(till.release("r-1"))
    asyncio.run(ledger.confirm())
    tenders = [{"kind": "points", "amount_minor": 1_000}]
    sold = sell(till, "s-2", sale_body(1_000, tenders=tenders, redemptions=["r-1"]))
    assert sold.captured == ("r-1",)
    assert hold(till, sale_id="s-9").status == "captured"


@pytest.mark.parametrize("captured", [False, True])
def test_what_anothers_sale_names_stays_its_members(
    till: Till, ledger: Ledger, sale_body: SaleBody, *, captured: bool
) -> None:
    """Ben's sale names what Ana has on hold, or had spent for no sale yet: it is taken without it,
    and her own sale has it afterwards.
    """
    asyncio.run(till.members.enrol(Enrolment(token=BENS)))
    hold(till)
    if captured:
        asyncio.run(till.capture("r-1"))
    freeze(ledger)
    bens = sell(till, "s-1", sale_body(1_000, redemptions=["r-1"]), BENS)
    assert bens.answer.flags == ("points_not_redeemed",)
    asyncio.run(ledger.confirm())
    if not captured:
        asyncio.run(till.capture("r-1"))
    anas = sell(till, "s-2", sale_body(1_000, redemptions=["r-1"]))
    assert (anas.answer.redeemed, anas.answer.flags) == (500, ())
    assert asyncio.run(till.void("s-2"))[0].points_given_back == 500


def test_what_was_lost_with_the_disk_is_its_sales(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """The disk was set back to before the hold, and a sale names it. Held and captured anew once
    the ledger is confirmed, as a POS does that was never answered, it comes back with that sale.
    """
    freeze(ledger)
    sell(till, "s-1", sale_body(1_000, redemptions=["r-1"]))
    asyncio.run(ledger.confirm())
    hold(till)
    asyncio.run(till.capture("r-1"))
    assert asyncio.run(till.void("s-1"))[0].points_given_back == 500
    assert balance(till) == 600

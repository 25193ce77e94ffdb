"""Accounts that head office merged are one member at the till, whichever card is shown."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from told import account, card, tell
from welcomed import grant, welcome

from agent.cli.main import main
from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import AccumulatePoints, AdjustPoints, LeaseReturn
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.ledger.history import history_of
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Adjustment,
    Back,
    Block,
    Enrolment,
    MoreCard,
    Personal,
    Terms,
    Till,
    Wish,
    return_everything,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
HERE, THERE, NEW = (f"em4100:000000000{number}" for number in range(1, 4))


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A ledger that head office welcomed."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        yield ledger


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till that knows nobody yet."""
    return Till(ledger, Terms(program=PROGRAM, alone=False), mint_id=mint_id)


@pytest.fixture
def here(till: Till, ledger: Ledger, sale_body: SaleBody) -> str:
    """A member who was enrolled here and has 1,000 points of a sale here, none of it heard; the
    same person has 300 under an account from elsewhere, which stands.
    """
    account_here = asyncio.run(
        till.members.enrol(Enrolment(token=HERE, display_name="Ana"))
    ).account
    sell(till, "s-0", sale_body(100_000, token=HERE))
    tell(
        ledger,
        account("root", 300),
        account(account_here, 0, root="root"),
        card(THERE, "root"),
        on_alias=return_everything,
    )
    return account_here


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> Any:
    """Commit a sale; answers what the till says."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer


def identify(till: Till, token: str) -> AccountView:
    """Ask who has a card."""
    return asyncio.run(till.identify(token))


def newest(ledger: Ledger) -> Any:
    """The fact of the newest entry."""
    entry = asyncio.run(ledger.read(lambda view: view.newest()))
    assert entry is not None
    return entry.fact


def test_either_card_shows_the_account_that_stands(till: Till, here: str) -> None:
    """With the points of both, also those that head office has not heard of, and the name."""
    for token in (HERE, THERE):
        seen = identify(till, token)
        assert (seen.account, seen.balance, seen.display_name) == ("root", 1_300, "Ana")
    assert asyncio.run(till.members.whose(HERE)) == "root" != here


def test_nothing_is_counted_twice_once_it_was_heard(till: Till, ledger: Ledger, here: str) -> None:
    """Head office has posted the sale to the account that stands, and tells of the old one what
    is to be taken off.
    """
    tell(ledger, account("root", 1_300), account(here, -1_000, root="root"))
    assert identify(till, HERE).balance == 1_300


def test_rights_went_back(ledger: Ledger, here: str) -> None:
    """What the sale here earned is no longer this device's to spend under the old account."""
    assert newest(ledger) == LeaseReturn(account=here, recall=0, points=1_000)
    assert asyncio.run(ledger.read(lambda view: view.right(here))) == 0


@pytest.mark.usefixtures("here")
def test_new_sales_are_of_the_account_that_stands(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """Whichever card is shown."""
    assert sell(till, "s-1", sale_body(1_000, token=HERE)).balance == 1_310
    fact = newest(ledger)
    assert isinstance(fact, AccumulatePoints)
    assert fact.account == "root"
    replay(ledger.path)


@pytest.mark.usefixtures("here")
def test_what_was_bought_before_comes_back(till: Till, ledger: Ledger) -> None:
    """It is taken from the account of then, which is the member's."""
    answer, _ = asyncio.run(till.take_back("s-0", "b-1", Back(amount_minor=100_000, token=THERE)))
    assert (answer.points_taken, answer.balance) == (1_000, 300)
    assert not newest(ledger).without_customer
    assert newest(ledger).lease == 0
    replay(ledger.path)


def test_what_was_held_before_is_spent_with_a_sale_after(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A redemption is the member's, though it was held under the account of then."""
    old = asyncio.run(till.members.enrol(Enrolment(token=HERE))).account
    sell(till, "s-0", sale_body(100_000, token=HERE))
    wish = Wish(token=HERE, points=500)
    asyncio.run(till.hold("r-1", wish))
    tell(ledger, account("root", 300), account(old, root="root"), on_alias=return_everything)
    assert asyncio.run(till.hold("r-1", wish))[1]
    sale = sale_body(1_000, token=HERE, redemptions=["r-1"])
    assert sell(till, "s-1", sale).balance == 810
    assert asyncio.run(ledger.read(lambda view: view.balance("root", "held"))) == 0
    replay(ledger.path)


@pytest.mark.parametrize("captured_before", [False, True])
def test_what_was_held_before_for_a_sale_comes_back_with_it(
    till: Till, ledger: Ledger, sale_body: SaleBody, captured_before: bool
) -> None:
    """A sale that names no redemption spends what was held for it under the account of then, tells
    of it as redeemed, and gives it back when all of it comes back.
    """
    old = asyncio.run(till.members.enrol(Enrolment(token=HERE))).account
    sell(till, "s-0", sale_body(100_000, token=HERE))
    asyncio.run(till.hold("r-1", Wish(token=HERE, points=500, sale_id="s-1")))
    tell(ledger, account("root", 300), account(old, root="root"), on_alias=return_everything)
    if captured_before:
        asyncio.run(till.capture("r-1"))
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]
    sell(till, "s-1", sale_body(1_000, token=HERE, tenders=tenders))
    asyncio.run(till.take_back("s-1", "b-1", Back(amount_minor=1_000, token=HERE)))
    assert identify(till, HERE).balance == 1_300
    assert asyncio.run(ledger.read(lambda view: view.balance("root", "held"))) == 0
    replay(ledger.path)


def test_both_cards_are_the_members(till: Till, ledger: Ledger, here: str) -> None:
    """One more card reports both lost, each under the account that the journal knows it by."""
    asyncio.run(till.members.add_card(here, MoreCard(token=NEW, lost=True)))
    assert [identify(till, token).status for token in (HERE, THERE, NEW)] == [
        "lost",
        "lost",
        "active",
    ]
    asyncio.run(till.members.block_card(NEW, Block()))
    replay(ledger.path)


def test_an_old_name_reaches_the_account_that_stands(till: Till, ledger: Ledger, here: str) -> None:
    """An adjustment of the old account is the other's, and is known again by either name."""
    wanted = Adjustment(points=5, reason="goodwill", cashier="cas", adjust_id="a-1")
    assert asyncio.run(till.adjust(here, wanted))[0].balance == 1_305
    fact = newest(ledger)
    assert isinstance(fact, AdjustPoints)
    assert fact.account == "root"
    assert asyncio.run(till.adjust("root", wanted))[1]
    asyncio.run(till.members.put_profile(here, Personal(display_name="Anna")))
    assert identify(till, THERE).display_name == "Anna"
    asyncio.run(till.members.erase_profile("root"))
    assert identify(till, HERE).display_name is None


@pytest.mark.usefixtures("here")
def test_a_grant_for_what_stands_is_spent(till: Till, ledger: Ledger) -> None:
    """Points that were earned under the old account are spent under the other's rights."""
    grant(ledger, "root", 1_300)
    held, _ = asyncio.run(till.hold("r-1", Wish(token=HERE, points=1_300)))
    assert (held.account, held.balance) == ("root", 0)
    replay(ledger.path)


@pytest.mark.usefixtures("here")
def test_a_chain_of_merges_is_followed(till: Till, ledger: Ledger) -> None:
    """And a circle, which cannot be, holds nobody up."""
    tell(ledger, account("root", 0, root="other"), account("other", 50))
    assert (identify(till, HERE).account, identify(till, HERE).balance) == ("other", 1_050)
    tell(ledger, account("other", 50, root="root"))
    assert identify(till, HERE).balance == 1_050


def test_a_history_and_a_balance_are_the_members(
    till: Till, ledger: Ledger, here: str, sale_body: SaleBody
) -> None:
    """A complaint is answered with what was written under either account; the commands show what
    the till shows.
    """
    sell(till, "s-1", sale_body(1_000, token=HERE))
    told = [entry.fact for _, entry in history_of(ledger.path, "root", progress=lambda *_: None)]
    assert {getattr(fact, "account", None) for fact in told} == {here, "root"}
    shown = CliRunner().invoke(main, ["ledger", "balance", "--json", "--db", str(ledger.path)])
    assert json.loads(shown.stdout) == {"root": 1_310}

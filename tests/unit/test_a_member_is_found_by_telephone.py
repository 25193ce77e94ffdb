"""A member who forgot the card says a number, and earns and redeems all the same."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import AccumulatePoints, ClaimSale
from agent.core.program import Program
from agent.ledger import Ledger, Profile, View
from agent.ledger.connection import open_reader
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Block,
    CardBlocked,
    Committed,
    Enrolment,
    MalformedPhone,
    Personal,
    PhoneInUse,
    RedemptionIdReused,
    SaleIdReused,
    Terms,
    Till,
    UnknownAccount,
    UnknownCard,
    Wish,
)
from agent.till.members import account_view, parse_shown

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

TERMS = Terms(program=Program.parse(shipped_program("simple").read_text("utf-8"), source="simple"))
CARD, OTHER = "em4100:0C000621A5", "em4100:67003B51C6"
PHONE, OTHER_PHONE = "phone:(202) 555-0143", "phone:+1 202 555 0199"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till at which Ana and Ben are members."""
    till = Till(ledger, TERMS, mint_id=mint_id)
    enrol(till, CARD, phone="202 555 0143", display_name="Ana", birthday="02-29")
    enrol(till, OTHER, phone="202 555 0199", display_name="Ben")
    return till


def enrol(till: Till, token: str, **personal: str) -> AccountView:
    """Make a member."""
    return asyncio.run(till.members.enrol(Enrolment(token=token, **personal)))


def identify(till: Till, text: str) -> AccountView:
    """Ask who this is."""
    return asyncio.run(till.identify(text))


def commit(till: Till, sale_id: str, body: dict[str, Any]) -> Committed:
    """Commit a sale body."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body)))


def account_of(till: Till, text: str) -> str:
    """Answer whose card or number this is."""
    return identify(till, text).account


def fact_at(ledger: Ledger, committed: Committed) -> object:
    """Read the fact behind an answer."""
    journal = committed.answer.journal
    recorded = asyncio.run(ledger.read(lambda view: view.entry_at(journal.epoch, journal.seq)))
    assert recorded is not None
    return recorded.entry.fact


def test_the_number_leads_to_the_cards_account(till: Till) -> None:
    """Card and number show one account, with the name, however the number is written."""
    by_card = identify(till, CARD)
    assert (by_card.display_name, by_card.status, by_card.say) == ("Ana", "active", None)
    for written in (PHONE, "phone:2025550143", "phone:+12025550143", "PHONE: 1 202 555 0143"):
        assert identify(till, written) == by_card


def test_a_stranger_has_no_name(till: Till) -> None:
    """A member without a profile is shown without a name."""
    enrol(till, "em4100:0000000001")
    assert identify(till, "em4100:0000000001").display_name is None


def test_an_unknown_number_is_nobodys(till: Till) -> None:
    """A number that nobody has is an unknown card, and one that is none is told apart."""
    with pytest.raises(UnknownCard, match="telephone number"):
        identify(till, "phone:202 555 0100")
    with pytest.raises(MalformedPhone, match="area code"):
        identify(till, "phone:555 0100")


def test_a_forgotten_card_earns_and_redeems(till: Till, sale_body: SaleBody) -> None:
    """Sale, quote, hold and claim take the number as they take the card."""
    earned = commit(till, "s-1", sale_body(60_000, token=PHONE)).answer
    assert (earned.points, earned.account) == (600, account_of(till, CARD))
    quoted = asyncio.run(till.quote(Sale.model_validate(sale_body(1000, token=PHONE))))
    assert (quoted.account, quoted.balance, quoted.points) == (earned.account, 600, 10)
    held, _ = asyncio.run(till.hold("r-1", Wish(token=PHONE, points=500)))
    assert (held.account, held.balance) == (earned.account, 100)
    sold = commit(till, "s-2", sale_body(1000, token=PHONE, redemptions=["r-1"])).answer
    assert sold.points == 10
    commit(till, "s-3", sale_body(700))
    claimed = asyncio.run(till.claim("s-3", PHONE)).answer
    assert (claimed.account, claimed.points) == (earned.account, 7)
    assert identify(till, CARD).balance == 117


def test_the_journal_holds_a_word_for_the_number(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A sale or claim by telephone stands in the journal with the word alone."""
    sold = fact_at(ledger, commit(till, "s-1", sale_body(1000, token=PHONE)))
    assert isinstance(sold, AccumulatePoints)
    assert sold.sale.token == "phone"
    commit(till, "s-2", sale_body(1000))
    claimed = fact_at(ledger, asyncio.run(till.claim("s-2", PHONE)))
    assert isinstance(claimed, ClaimSale)
    assert claimed.token == "phone"


@pytest.mark.parametrize("token", ["phone:202 555 0100", "phone:5", "phone:", "phone"])
def test_an_unknown_number_holds_up_no_sale(till: Till, sale_body: SaleBody, token: str) -> None:
    """The sale is taken with 0 points, and sent again it is the same sale."""
    first = commit(till, "s-1", sale_body(1000, token=token))
    assert (first.answer.status, first.answer.points) == ("unknown_card", 0)
    again = commit(till, "s-1", sale_body(1000, token=token))
    assert (again.replay, again.answer) == (True, first.answer)


def test_a_retry_by_telephone_is_the_same_sale(till: Till, sale_body: SaleBody) -> None:
    """However the number is written then, also when its member was erased since."""
    first = commit(till, "s-1", sale_body(1000, token=PHONE))
    for token in (PHONE, "phone:+1 202 555 0143"):
        assert commit(till, "s-1", sale_body(1000, token=token)).answer == first.answer
    asyncio.run(till.members.erase_profile(account_of(till, CARD)))
    again = commit(till, "s-1", sale_body(1000, token=PHONE))
    assert (again.replay, again.answer) == (True, first.answer)
    assert identify(till, CARD).balance == 10


def test_a_sale_before_the_enrolment_stays_the_same_sale(till: Till, sale_body: SaleBody) -> None:
    """A number that led to nobody then, and leads to a member now, tells no other sale."""
    body = sale_body(1000, token="phone:202 555 0111")
    first = commit(till, "s-1", body)
    enrol(till, "em4100:0000000001", phone="202 555 0111")
    assert commit(till, "s-1", body) == replace(first, replay=True)


def test_another_members_number_is_another_sale(till: Till, sale_body: SaleBody) -> None:
    """A used sale_id with the number of somebody else is refused, as with their card."""
    commit(till, "s-1", sale_body(1000, token=PHONE))
    for token in (OTHER_PHONE, OTHER, CARD, None):
        with pytest.raises(SaleIdReused):
            commit(till, "s-1", sale_body(1000, token=token))
    assert identify(till, OTHER).balance == 0


def test_a_hold_and_a_claim_are_repeated_after_an_erasure(till: Till, sale_body: SaleBody) -> None:
    """Asked again by a number that leads to nobody now, they are answered as before; by that of
    another member they are refused.
    """
    commit(till, "s-1", sale_body(60_000, token=CARD))
    commit(till, "s-2", sale_body(1000))
    wish = Wish(token=PHONE, points=500)
    held, claimed = asyncio.run(till.hold("r-1", wish))[0], asyncio.run(till.claim("s-2", PHONE))
    asyncio.run(till.members.erase_profile(held.account))
    again, replay = asyncio.run(till.hold("r-1", wish))
    assert (replay, again.account, again.points) == (True, held.account, 500)
    assert asyncio.run(till.claim("s-2", PHONE)) == replace(claimed, replay=True)
    with pytest.raises(RedemptionIdReused):
        asyncio.run(till.hold("r-1", Wish(token=OTHER_PHONE, points=500)))


def test_a_claim_is_repeated_with_a_card_that_was_blocked_since(
    till: Till, sale_body: SaleBody
) -> None:
    """What was claimed once is answered the same, whatever became of the card."""
    commit(till, "s-1", sale_body(1000))
    first = asyncio.run(till.claim("s-1", CARD))
    asyncio.run(till.members.block_card(CARD, Block()))
    assert asyncio.run(till.claim("s-1", CARD)) == replace(first, replay=True)


@pytest.mark.parametrize(("state", "says"), [("blocked", "every card"), ("lost", "new card")])
def test_without_an_active_card_nothing_is_redeemed(
    till: Till, sale_body: SaleBody, state: str, says: str
) -> None:
    """A member whose every card is blocked or lost earns by telephone and does not redeem."""
    commit(till, "s-1", sale_body(60_000, token=CARD))
    asyncio.run(till.members.block_card(CARD, Block.model_validate({"state": state})))
    view = identify(till, PHONE)
    assert (view.status, view.balance, view.redeemable_now) == (state, 600, 0)
    assert view.say is not None
    assert says in view.say
    with pytest.raises(CardBlocked, match=says):
        asyncio.run(till.hold("r-1", Wish(token=PHONE, points=500)))
    assert commit(till, "s-2", sale_body(1000, token=PHONE)).answer.points == 10


def test_a_number_belongs_to_one_member(till: Till, ledger: Ledger) -> None:
    """A second member with it is refused, and nothing is written; their own may stay."""
    ana, head = account_of(till, CARD), ledger.head
    with pytest.raises(PhoneInUse):
        enrol(till, "em4100:0000000001", phone="+1 202 555 0143")
    with pytest.raises(PhoneInUse):
        asyncio.run(till.members.put_profile(ana, Personal(phone="202 555 0199")))
    assert ledger.head == head
    with pytest.raises(UnknownCard):
        identify(till, "em4100:0000000001")
    kept = asyncio.run(till.members.put_profile(ana, Personal(phone="202 555 0143")))
    assert kept == Personal(phone="+12025550143")
    assert identify(till, PHONE).display_name is None


def test_a_number_without_a_member_is_given_again(till: Till, ledger: Ledger) -> None:
    """A profile whose account was lost with a damaged disk leads to nobody and stops nobody."""
    ghost = Profile(account="ghost", display_name="Eve", phone="+12025550111")
    asyncio.run(ledger.write(lambda transaction: transaction.keep_profile(ghost)))
    with pytest.raises(UnknownCard):
        identify(till, "phone:202 555 0111")
    account = enrol(till, "em4100:0000000001", phone="202 555 0111").account
    view = identify(till, "phone:202 555 0111")
    assert (view.account, view.display_name) == (account, None)


def test_two_lanes_give_a_number_to_one_member(till: Till) -> None:
    """Of two enrolments with one number in the same moment, one is done and the other refused."""

    async def both() -> list[AccountView | BaseException]:
        cards = (f"em4100:000000000{number}" for number in (1, 2))
        jobs = (till.members.enrol(Enrolment(token=card, phone="202 555 0111")) for card in cards)
        return list(await asyncio.gather(*jobs, return_exceptions=True))

    names = sorted(type(answer).__name__ for answer in asyncio.run(both()))
    assert names == ["Enrolled", "PhoneInUse"]


def test_an_erased_person_keeps_the_points(till: Till, sale_body: SaleBody) -> None:
    """After the erasure the number leads nowhere, the card to the same balance without a name."""
    commit(till, "s-1", sale_body(1000, token=PHONE))
    account = account_of(till, CARD)
    for _ in range(2):
        asyncio.run(till.members.erase_profile(account))
    with pytest.raises(UnknownCard):
        identify(till, PHONE)
    view = identify(till, CARD)
    assert (view.display_name, view.balance) == (None, 10)
    enrol(till, "em4100:0000000001", phone="202 555 0143")
    assert identify(till, PHONE).balance == 0


def test_nobody_has_no_profile(till: Till) -> None:
    """An account that nobody has is said to be unknown."""
    with pytest.raises(UnknownAccount):
        asyncio.run(till.members.put_profile("nobody", Personal(display_name="Eve")))
    with pytest.raises(UnknownAccount):
        asyncio.run(till.members.erase_profile("nobody"))


def _asked(path: Path, text: str) -> list[str]:
    """Identify, and answer the statements that it ran, each with its parameters filled in."""
    statements: list[str] = []
    with closing(open_reader(path)) as connection:
        connection.set_trace_callback(statements.append)
        account_view(View(connection), TERMS, parse_shown(text, TERMS))
    return statements


def test_finding_a_member_costs_the_same_among_many(till: Till, ledger: Ledger) -> None:
    """As many index look-ups among many members as among two; no table is read through."""
    before = _asked(ledger.path, PHONE)
    for number in range(60):
        enrol(till, f"em4100:{number:010X}", phone=f"+1 202 555 {1000 + number}")
    after = _asked(ledger.path, PHONE)
    assert len(after) == len(before) <= 11
    with closing(sqlite3.connect(ledger.path)) as connection:
        for statement in after:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            read_through = [row for row in plan if row[3].startswith("SCAN")]
            # The newest row is the first one on the way back through its key.
            assert not read_through or statement.endswith("DESC LIMIT 1")

"""A member whom only head office knows is a member at any store: shown, given points, served."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from told import account, card, tell
from welcomed import grant, welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import CardState, CreateReward
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Adjustment,
    Back,
    Block,
    CardBlocked,
    CardInUse,
    Enrolment,
    InsufficientPoints,
    MoreCard,
    Replacement,
    Terms,
    Till,
    UnknownAccount,
    UnknownCard,
    Wish,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
TERMS = Terms(program=PROGRAM, alone=False)
CARD, NEW, ANOTHERS = (f"em4100:000000000{number}" for number in range(1, 4))


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A ledger that head office welcomed, and told of a member of 600 points with a card."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        tell(ledger, account("ana", 600, enrolled_on="2026-01-02"), card(CARD, "ana"))
        yield ledger


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till that knows nobody by itself."""
    return Till(ledger, TERMS, mint_id=mint_id)


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> Any:
    """Commit a sale; answers what the till says."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer


def identify(till: Till, token: str = CARD) -> AccountView:
    """Ask who has a card."""
    return asyncio.run(till.identify(token))


def test_they_are_shown(till: Till) -> None:
    """With what they have elsewhere, though no entry here speaks of them."""
    seen = identify(till)
    assert (seen.account, seen.status, seen.balance) == ("ana", "active", 600)
    assert seen.redeemable_now == 0


def test_their_pending_points_are_shown(till: Till, ledger: Ledger) -> None:
    """Those that wait elsewhere wait here."""
    tell(ledger, account("ana", 600, pending=40))
    assert identify(till).pending == 40


def test_they_collect(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """A sale's points are told with those elsewhere, on the receipt and at the next look."""
    answer = sell(till, "s-1", sale_body(1_000, token=CARD))
    assert (answer.points, answer.balance) == (10, 610)
    assert any("610" in line for line in answer.receipt)
    assert identify(till).balance == 610
    assert identify(till).last_sale is not None
    assert replay(ledger.path).balances == {"ana": 10}


def test_they_redeem_what_this_device_may(till: Till, ledger: Ledger) -> None:
    """Points that were earned elsewhere are spent here where head office moved them here."""
    grant(ledger, "ana", 500)
    held, _ = asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))
    assert held.balance == 100
    asyncio.run(till.capture("r-1"))
    assert identify(till).balance == 100
    assert asyncio.run(ledger.read(lambda view: view.own_balance("ana"))) == -500
    replay(ledger.path)


def test_nobody_spends_more_than_there_is(till: Till, ledger: Ledger) -> None:
    """A right to more than the balance, as once something was returned elsewhere, buys no more."""
    grant(ledger, "ana", 5_000)
    with pytest.raises(InsufficientPoints, match="the balance is 600"):
        asyncio.run(till.hold("r-1", Wish(token=CARD, points=700)))


def test_what_they_bought_here_comes_back(till: Till, sale_body: SaleBody) -> None:
    """A return takes what the sale earned off what is told."""
    sell(till, "s-1", sale_body(1_000, token=CARD))
    answer, _ = asyncio.run(till.take_back("s-1", "b-1", Back(amount_minor=1_000)))
    assert (answer.points_taken, answer.balance) == (10, 600)


def test_a_debt_elsewhere_is_owed_here(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """It is said at the till, and the next points go toward it."""
    tell(ledger, account("ana", -50))
    seen = identify(till)
    assert (seen.balance, seen.redeemable_now) == (-50, 0)
    assert seen.say is not None
    assert "owes 50" in seen.say
    assert sell(till, "s-1", sale_body(7_000, token=CARD)).balance == 20


def test_their_card_is_nobody_elses(till: Till, ledger: Ledger) -> None:
    """It cannot be enrolled here, nor given to another member."""
    with pytest.raises(CardInUse):
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    ben = asyncio.run(till.members.enrol(Enrolment(token=ANOTHERS))).account
    with pytest.raises(CardInUse):
        asyncio.run(till.members.add_card(ben, MoreCard(token=CARD)))
    head = ledger.head
    with pytest.raises(CardInUse):
        asyncio.run(till.members.replace_card(ANOTHERS, Replacement(by=CARD)))
    assert ledger.head == head


def test_their_card_is_replaced(till: Till, ledger: Ledger) -> None:
    """The new card has the points, the old one spends none, and a retry writes nothing."""
    seen, replayed = asyncio.run(till.members.replace_card(CARD, Replacement(by=NEW)))
    assert (seen.account, seen.balance, replayed) == ("ana", 600, False)
    assert identify(till).status == "replaced"
    assert asyncio.run(till.members.replace_card(CARD, Replacement(by=NEW)))[1]
    replay(ledger.path)


def test_their_card_is_blocked(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """It spends nothing from then on, also where head office has not heard of it yet."""
    asyncio.run(till.members.block_card(CARD, Block(state="lost")))
    tell(ledger, card(CARD, "ana"))
    assert identify(till).status == "lost"
    grant(ledger, "ana", 100)
    with pytest.raises(CardBlocked):
        asyncio.run(till.hold("r-1", Wish(token=CARD, points=100)))
    assert sell(till, "s-1", sale_body(1_000, token=CARD)).points == 10
    replay(ledger.path)


def test_a_card_that_was_blocked_elsewhere_is_blocked_here(till: Till, ledger: Ledger) -> None:
    """Also one that was enrolled here."""
    ben = asyncio.run(till.members.enrol(Enrolment(token=NEW))).account
    tell(ledger, card(NEW, ben, "blocked"))
    assert identify(till, NEW).status == "blocked"


def test_a_card_that_head_office_unblocked_is_good_here(till: Till, ledger: Ledger) -> None:
    """A member of this store called, and called again as the card was found; one that a till here
    blocked too stays so.
    """
    ben = asyncio.run(till.members.enrol(Enrolment(token=NEW))).account
    for state in ("blocked", "active"):
        tell(ledger, card(NEW, ben, state))
        assert identify(till, NEW).status == state
    asyncio.run(till.members.block_card(NEW, Block()))
    tell(ledger, card(NEW, ben, "active"))
    assert identify(till, NEW).status == "blocked"


def test_they_get_one_more_card(till: Till, ledger: Ledger) -> None:
    """It shares the points; the others are reported lost where they are."""
    seen, _ = asyncio.run(till.members.add_card("ana", MoreCard(token=NEW, lost=True)))
    assert (seen.balance, identify(till).status) == (600, "lost")
    assert asyncio.run(ledger.read(lambda view: view.cards_of("ana"))) == [
        (CARD, "lost"),
        (NEW, "active"),
    ]


def test_they_are_adjusted_by_what_there_is(till: Till) -> None:
    """A cashier takes no more than the balance, which is mostly elsewhere."""
    wanted = Adjustment(points=-400, reason="wrong card", cashier="cas")
    assert asyncio.run(till.adjust("ana", wanted))[0].balance == 200
    with pytest.raises(InsufficientPoints):
        asyncio.run(till.adjust("ana", wanted))


def test_an_account_has_no_room_beyond_what_is_elsewhere(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A sale whose points would not fit with those elsewhere is taken and earns none."""
    tell(ledger, account("ana", 10**12 - 5))
    answer = sell(till, "s-1", sale_body(1_000, token=CARD))
    assert (answer.points, answer.flags) == (0, ("points_withheld",))


def test_they_are_in_the_tier_they_reached_elsewhere(ledger: Ledger, sale_body: SaleBody) -> None:
    """And a sale here is judged by it."""
    stars = Program.parse(shipped_program("stars").read_text("utf-8"), source="stars.toml")
    assert stars.tiers is not None
    highest = stars.tiers.tier[-1].id
    tier = {"tier": highest, "tier_since": "2026-10-01", "tier_until": "2027-10-01"}
    tell(ledger, account("ana", 600, **tier))
    till = Till(ledger, Terms(program=stars, alone=False), mint_id=mint_id)
    assert identify(till).tier == highest
    sell(till, "s-1", sale_body(1_000, token=CARD, business_date="2026-11-21"))
    assert identify(till).tier == highest


def test_whoever_is_erased_is_nobody(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """Their card is unknown, a sale with it earns nothing, and nobody else can have it."""
    tell(ledger, account("ana", 600, erased=True))
    with pytest.raises(UnknownCard):
        identify(till)
    answer = sell(till, "s-1", sale_body(1_000, token=CARD))
    assert (answer.status, answer.points) == ("unknown_card", 0)
    with pytest.raises(CardInUse):
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    with pytest.raises(UnknownAccount):
        asyncio.run(till.adjust("ana", Adjustment(points=5, reason="?", cashier="cas")))


def test_an_erased_member_of_this_store_loses_name_and_number(till: Till, ledger: Ledger) -> None:
    """What this store knew of the person is gone with the same page, and the points are kept."""
    new = Enrolment(token=NEW, display_name="Ben", phone="+12025550143")
    ben = asyncio.run(till.members.enrol(new)).account
    tell(ledger, account(ben, erased=True))
    assert asyncio.run(ledger.read(lambda view: view.profile(ben))) is None
    with pytest.raises(UnknownCard):
        identify(till, "phone:+12025550143")


def test_a_card_that_was_handed_over_is_good_where_it_had_been_lost(
    till: Till, ledger: Ledger
) -> None:
    """A store that said that a member lost their card hears that they were erased, and that the
    card is somebody else's: it spends for them, until they lose it, too.
    """
    gone = asyncio.run(till.members.enrol(Enrolment(token=NEW))).account
    lost = Block(state="lost", lane="1", cashier="ana")
    asyncio.run(till.members.block_card(NEW, lost))
    tell(ledger, account(gone, 0, erased=True), account("ben", 40), card(NEW, "ben"))
    seen = identify(till, NEW)
    assert (seen.account, seen.status, seen.balance) == ("ben", "active", 40)
    seen, was_done = asyncio.run(till.members.block_card(NEW, lost))
    assert (seen.account, seen.status, was_done) == ("ben", "lost", False)
    newest = asyncio.run(ledger.read(lambda view: view.newest()))
    assert newest is not None
    assert isinstance(newest.fact, CardState)
    assert (newest.fact.account, newest.fact.state) == ("ben", "lost")
    replay(ledger.path)


def test_what_one_side_is_short_of_is_taken_from_the_others_oldest(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """Lots of both add up to the balance: spent here, the oldest elsewhere are gone, and the other
    way round.
    """

    def lots() -> list[tuple[int, str]]:
        return asyncio.run(ledger.read(lambda view: view.lots("ana")))

    there = (("2026-03-01", 100), ("2026-08-01", 500))
    tell(ledger, account("ana", 600, lots=there))
    sell(till, "s-1", sale_body(5_000, token=CARD, business_date="2026-11-21"))
    assert lots() == [(100, "2026-03-01"), (500, "2026-08-01"), (50, "2026-11-21")]
    tell(ledger, account("ana", -30))
    assert lots() == [(20, "2026-11-21")]
    tell(ledger, account("ana", -60))
    assert lots() == []
    tell(ledger, account("ana", 600, lots=there))
    grant(ledger, "ana", 500)
    asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))
    assert lots() == [(150, "2026-08-01")]


def test_head_offices_no_is_heard(ledger: Ledger) -> None:
    """Whether anything is given beyond a device's rights is head office's to say."""
    assert not asyncio.run(ledger.read(lambda view: view.denied("ana")))
    tell(ledger, account("ana", 600, denied=True))
    assert asyncio.run(ledger.read(lambda view: view.denied("ana")))


def test_a_hold_names_the_member(till: Till, ledger: Ledger) -> None:
    """What is journaled of them has their account, for head office to post."""
    grant(ledger, "ana", 500)
    asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))
    newest = asyncio.run(ledger.read(lambda view: view.newest()))
    assert newest is not None
    assert isinstance(newest.fact, CreateReward)
    assert (newest.fact.account, newest.fact.lease) == ("ana", -500)


def test_the_day_of_enrolment_is_told(ledger: Ledger) -> None:
    """Where head office knows it, also of a member who bought here."""
    row = asyncio.run(ledger.read(lambda view: view.account("ana")))
    assert row is not None
    assert date.fromisoformat(row.enrolled_on or "") == date(2026, 1, 2)


def test_what_is_no_day_is_left_out(ledger: Ledger, sale_body: SaleBody) -> None:
    """A day that head office wrote wrongly holds up no till."""
    stars = Program.parse(shipped_program("stars").read_text("utf-8"), source="stars.toml")
    days = {"tier_since": "soon", "tier_until": "2026-13-01", "enrolled_on": "20260102"}
    told = account("ana", 600, tier="green", lots=(("when", 5), ("2026-11-01", 600)), **days)
    tell(ledger, told)
    till = Till(ledger, Terms(program=stars, alone=False), mint_id=mint_id)
    assert identify(till).balance == 600
    sell(till, "s-1", sale_body(1_000, token=CARD))
    quoted = asyncio.run(till.quote(Sale.model_validate(sale_body(1_000, token=CARD))))
    assert sum(each.points for each in quoted.expires) == quoted.balance

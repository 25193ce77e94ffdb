"""Pending points: active when their day has come, first those of the member at the till."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from toy_clock import ToyClock
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, ActivatePoints
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.ledger.connection import open_reader
from agent.ledger.queries import SQL
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Back,
    Enrolment,
    InsufficientPoints,
    Terms,
    Till,
    UnknownRedemption,
    Wish,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_SIMPLE = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
PROGRAM = _SIMPLE.model_copy(update={"return_window_days": 14})
CARD = "em4100:0C000621A5"
OTHERS = [f"em4100:{number:010X}" for number in range(1, 3)]
A_DAY_MS = 24 * 3_600_000
HALF_A_YEAR_MS = 200 * A_DAY_MS
EARLY, DUE = "2026-11-21", "2026-12-05"
"""The clock begins on the first; what was earned on it waits until the second."""


@pytest.fixture
def clock() -> ToyClock:
    """A clock that something holds to the true time; it begins on 2026-11-21."""
    return ToyClock()


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger, clock: ToyClock) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with a return window of 14 days, and three members."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    for card in (*OTHERS, CARD):  # her account's id is the greatest, and sorts last
        asyncio.run(till.members.enrol(Enrolment(token=card)))
    return till


Sell = Callable[..., AccountView]


@pytest.fixture
def sell(till: Till, sale_body: SaleBody) -> Sell:
    """Commit a sale of 600 points on a business date; answers Ana's account."""
    ids = iter(range(10**6))

    def sell(day: str, token: str | None = None, *, sale_id: str | None = None) -> AccountView:
        body = sale_body(60_000, token=token, business_date=day)
        sale = Sale.model_validate(body)
        asyncio.run(till.commit(sale_id or f"s-{next(ids)}", sale))
        return ana(till)

    return sell


def ana(till: Till) -> AccountView:
    """Look at Ana's account."""
    return asyncio.run(till.identify(CARD))


def many_wait(sell: Sell) -> None:
    """Both others have 120 sales that wait, and Ana has two that were sold last."""
    for _ in range(120):
        for other in OTHERS:
            sell(EARLY, other)
    for number in range(2):
        sell(EARLY, CARD, sale_id=f"ana-{number}")


def entries(ledger: Ledger) -> list[Entry]:
    """Every entry of the journal."""
    return [Entry.parse(line) for line in asyncio.run(ledger.read_after((0, 0), at_most=2_000))]


def activations(ledger: Ledger) -> list[Entry]:
    """The entries by which pending points became active."""
    return [entry for entry in entries(ledger) if isinstance(entry.fact, ActivatePoints)]


def test_a_date_that_has_not_come_is_flagged(ledger: Ledger, sell: Sell) -> None:
    """The POS's word stands, and a sale of the year 2035 ends the wait; head office is told. A
    store east of Greenwich may be a day ahead of the clock, which is in UTC.
    """
    for day, flags in (("2026-11-22", ()), ("2035-01-01", ("date_ahead",))):
        sell(day, CARD)
        fact = entries(ledger)[-1].fact
        assert isinstance(fact, AccumulatePoints)
        assert fact.flags == flags


def back_on(till: Till, what: str, day: str) -> tuple[str, ...]:
    """A sale that has nothing to do with it comes back on a business date; answers the flags."""
    if what == "void":
        return asyncio.run(till.void("nobodys", business_date=date.fromisoformat(day)))[0].flags
    back = Back.model_validate({"amount_minor": 1, "business_date": day})
    return asyncio.run(till.take_back("nobodys", "b", back))[0].flags


WHAT_COMES_BACK = pytest.mark.parametrize("what", ["void", "return"])


@WHAT_COMES_BACK
@pytest.mark.parametrize(("day", "flags"), [("2026-11-22", ()), ("2099-01-01", ("date_ahead",))])
def test_what_comes_back_on_a_date_that_has_not_come_is_flagged(
    ledger: Ledger, till: Till, sell: Sell, what: str, day: str, flags: tuple[str, ...]
) -> None:
    """A void or a return ends the wait of the whole store as a sale does: its answer and the list
    of flags say so.
    """
    sell(EARLY, CARD)
    sell(EARLY, sale_id="nobodys")
    assert back_on(till, what, day) == flags
    assert ana(till).balance == (600 if flags else 0)
    listed = asyncio.run(ledger.read(lambda view: view.flags_after((-1, -1, ""), at_most=9)))
    assert tuple(row.flag for row in listed) == flags


@WHAT_COMES_BACK
def test_a_clock_of_no_trust_flags_nothing_that_comes_back(
    clock: ToyClock, till: Till, sell: Sell, what: str
) -> None:
    """As with a sale."""
    sell(EARLY, sale_id="nobodys")
    lose_trust(clock, "not synchronised")
    assert back_on(till, what, "2099-01-01") == ()


def test_a_sale_is_settled_with_what_is_due(
    till: Till, ledger: Ledger, sell: Sell, sale_body: SaleBody
) -> None:
    """A sale on the day its member's points fall due spends them for what was given back meanwhile;
    one that is refused makes nothing active.
    """
    sell(EARLY, CARD)
    sell(DUE, CARD)
    asyncio.run(till.hold("r-1", Wish(token=CARD, points=500)))
    asyncio.run(till.release("r-1"))
    asyncio.run(till.hold("r-2", Wish(token=CARD, points=500)))
    body = sale_body(500, token=CARD, business_date="2026-12-19")
    body |= {"tenders": [{"kind": "points", "amount_minor": 500}], "redemptions": ["r-1"]}
    head = ledger.head
    with pytest.raises(UnknownRedemption):
        asyncio.run(
            till.commit("late", Sale.model_validate(body | {"redemptions": ["r-1", "none"]}))
        )
    assert ledger.head == head
    answer = asyncio.run(till.commit("late", Sale.model_validate(body))).answer
    assert (answer.redeemed, answer.balance) == (500, 200)
    assert "points_not_redeemed" not in answer.flags


NO_TRUST = pytest.mark.parametrize("why", ["not synchronised", "set by hand"])


def lose_trust(clock: ToyClock, why: str) -> None:
    """Nothing holds the clock any more, or somebody sets it a day back."""
    clock.set_by(0 if why == "not synchronised" else -A_DAY_MS, synchronised=why == "set by hand")


@NO_TRUST
def test_a_clock_of_no_trust_flags_no_date(
    ledger: Ledger, clock: ToyClock, sell: Sell, why: str
) -> None:
    """Nobody is suspected by a clock that may itself be wrong."""
    sell(EARLY)
    lose_trust(clock, why)
    sell("2040-01-01")
    fact = entries(ledger)[-1].fact
    assert isinstance(fact, AccumulatePoints)
    assert fact.flags == ()


@NO_TRUST
def test_the_word_of_the_pos_stands_against_a_clock_of_no_trust(
    clock: ToyClock, sell: Sell, why: str
) -> None:
    """A clock that nothing holds, or that somebody set, costs no member their points."""
    sell(EARLY, CARD)
    lose_trust(clock, why)
    assert sell(DUE).balance == 600


def test_the_member_at_the_till_comes_first(clock: ToyClock, sell: Sell) -> None:
    """However many wait before them, all of their own points are active with their sale."""
    many_wait(sell)
    clock.pass_ms(HALF_A_YEAR_MS)
    assert sell(DUE, CARD).balance == 1_200


def test_the_member_comes_first_however_they_come(
    ledger: Ledger, clock: ToyClock, till: Till, sell: Sell
) -> None:
    """A hold finds what is due active, and spends it."""
    many_wait(sell)
    clock.pass_ms(HALF_A_YEAR_MS)
    sell(DUE, sale_id="nobodys")
    assert ana(till).balance == 0
    before = len(activations(ledger))
    asyncio.run(till.hold("r", Wish(token=CARD, points=1_000)))
    assert len(activations(ledger)) > before
    asyncio.run(till.release("r"))
    assert ana(till).balance == 1_200


@pytest.mark.parametrize("alone", [True, False])
def test_a_quote_counts_what_is_due_on_its_own_day(
    ledger: Ledger, till: Till, sell: Sell, sale_body: SaleBody, alone: bool
) -> None:
    """A basket of the day on which points fall due is quoted with them, as its sale then has them;
    the quote writes nothing, and a basket of the day before is quoted without.
    """
    shop = Till(ledger, Terms(program=PROGRAM, alone=alone), mint_id=mint_id)
    if not alone:
        welcome(ledger)
    sell(EARLY, CARD)
    before = ledger.head
    for day, balance in (("2026-12-04", 0), (DUE, 600)):
        basket = Sale.model_validate(sale_body(10_000, token=CARD, business_date=day))
        quoted = asyncio.run(shop.quote(basket))
        coffee = next(offer for offer in quoted.rewards if offer.reward == "coffee")
        assert (quoted.balance, coffee.available) == (balance, balance > 0)
    assert (ledger.head, ana(till).balance) == (before, 0)
    assert asyncio.run(shop.commit("s", basket)).answer.balance == 600
    assert asyncio.run(shop.identify(CARD)).redeemable_now == 600


def test_a_hold_says_the_day_as_a_sale_does(
    ledger: Ledger, clock: ToyClock, till: Till, sell: Sell
) -> None:
    """On the day that points fall due they can be held before any sale of it, where the POS says
    the day; without one, it is the day that was said last.
    """
    sell(EARLY, CARD)
    clock.pass_ms(14 * A_DAY_MS)
    with pytest.raises(InsufficientPoints):
        asyncio.run(till.hold("r", Wish(token=CARD, points=500)))
    asyncio.run(till.hold("r", Wish(token=CARD, points=500, business_date=date(2026, 12, 5))))
    assert [entry.business_date for entry in activations(ledger)] == [date(2026, 12, 5)]
    assert ana(till).balance == 100


def test_a_hold_ends_no_wait_by_a_date_that_has_not_come(
    ledger: Ledger, clock: ToyClock, till: Till, sell: Sell
) -> None:
    """A hold carries no flag: a date that a trusted clock denies makes nothing active."""
    sell(EARLY, CARD)
    clock.pass_ms(A_DAY_MS)
    wish = Wish(token=CARD, points=500, business_date=date(2099, 1, 1))
    with pytest.raises(InsufficientPoints):
        asyncio.run(till.hold("r", wish))
    assert activations(ledger) == []
    assert ana(till).pending == 600


@pytest.mark.parametrize("what", ["claim", "void", "return"])
def test_what_is_due_is_active_before_a_sale_changes(
    clock: ToyClock, till: Till, sell: Sell, what: str
) -> None:
    """What a claim's answer and a return's say of the balance counts the points that are due."""
    many_wait(sell)
    clock.pass_ms(HALF_A_YEAR_MS)
    sell(DUE, sale_id="nobodys")
    if what == "claim":
        asyncio.run(till.claim("nobodys", CARD))
    elif what == "void":
        asyncio.run(till.void("ana-0"))
    else:
        asyncio.run(till.take_back("ana-0", "b", Back(amount_minor=60_000)))
    seen = ana(till)
    assert (seen.balance, seen.pending) == ((1_200, 600) if what == "claim" else (600, 0))


def test_the_agent_goes_on_by_itself(
    ledger: Ledger, clock: ToyClock, till: Till, sell: Sell
) -> None:
    """Once a sale said the day, the rest follows in small batches; then nothing is written."""
    many_wait(sell)
    assert asyncio.run(till.activate_due()) == 0
    clock.pass_ms(HALF_A_YEAR_MS)
    assert asyncio.run(till.activate_due()) == 0  # nobody opened that day yet
    sell(DUE)
    assert asyncio.run(till.activate_due()) == 142
    for card in (CARD, *OTHERS):
        assert asyncio.run(till.identify(card)).pending == 0
    lots = [entry.fact.lots for entry in activations(ledger)]  # type: ignore[union-attr]
    assert sum(map(len, lots)) == 242
    assert max(map(len, lots)) <= 100
    before, commits = ledger.head, ledger.commits
    assert asyncio.run(till.activate_due()) == 0
    assert (ledger.head, ledger.commits) == (before, commits)


def test_a_look_ends(clock: ToyClock, till: Till, sell: Sell) -> None:
    """However much is due, a look is over after a thousand lots, and the next goes on."""
    for _ in range(1_150):
        sell(EARLY, OTHERS[0])
    clock.pass_ms(HALF_A_YEAR_MS)
    sell(DUE)
    assert [asyncio.run(till.activate_due()) for _ in range(3)] == [1_000, 50, 0]


def test_what_is_due_is_found_by_an_index(ledger: Ledger) -> None:
    """A store with many waiting sales looks at those that are due, and sorts none."""
    with closing(open_reader(ledger.path)) as connection:
        for name, parameters in (("due_lots", (DUE, 1)), ("due_lots_of", ("a", DUE))):
            plan = connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", parameters).fetchall()
            assert all("SEARCH" in row[3] for row in plan), plan
            if name == "due_lots_of":
                assert "account=?" in plan[0][3], plan

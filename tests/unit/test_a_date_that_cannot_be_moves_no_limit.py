"""Limits of a cashier and a day: moved by no sale of another date, and by no spelling of a name."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from toy_clock import ToyClock

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import Adjustment, CashierLimit, ClaimTooLate, DayAnswer, Enrolment, Terms, Till

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
TODAY = "2026-11-21"
ODD = pytest.mark.parametrize("odd", ["2035-01-01", "2001-02-03", "9999-12-31"])
Sell = Callable[..., str]


@pytest.fixture
def clock() -> ToyClock:
    """A clock that something holds to the true time; it stands at 2026-11-21."""
    return ToyClock()


@pytest.fixture
def ledger(
    tmp_path: Path,
    running_ledger: Callable[..., AbstractContextManager[Ledger]],
    clock: ToyClock,
) -> Iterator[Ledger]:
    """A running ledger; whatever a test did to it, it replays."""
    with running_ledger(tmp_path / "ledger.db", clock=clock) as ledger:
        yield ledger
    replay(tmp_path / "ledger.db")


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till at which a cashier adjusts 100 points a day and claims one sale."""
    terms = Terms(program=PROGRAM, adjust_day_points=100, claims_per_day=1)
    till = Till(ledger, terms, mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=CARD)))
    return till


@pytest.fixture
def sell(till: Till, sale_body: Callable[..., dict[str, Any]]) -> Sell:
    """Commit a sale without a card on a business date; answers its id."""
    ids = iter(range(10**6))

    def sell(day: str) -> str:
        sale_id = f"s-{next(ids)}"
        sale = Sale.model_validate(sale_body(1_000, business_date=day))
        asyncio.run(till.commit(sale_id, sale))
        return sale_id

    return sell


def adjust(till: Till, points: int, cashier: str = "ann") -> None:
    """Adjust the member's points."""
    account = asyncio.run(till.identify(CARD)).account
    wanted = Adjustment(points=points, reason="goodwill", cashier=cashier)
    asyncio.run(till.adjust(account, wanted))


def day(till: Till, text: str) -> DayAnswer:
    """Add a business date up."""
    return asyncio.run(till.day(date.fromisoformat(text)))


@ODD
def test_a_sale_of_another_date_gives_no_new_limit(till: Till, sell: Sell, odd: str) -> None:
    """Who has adjusted and claimed enough today has done so, whatever date a sale says."""
    sold = [sell(TODAY), sell(TODAY)]
    adjust(till, 100)
    asyncio.run(till.claim(sold[0], CARD, cashier="ann"))
    sell(odd)
    with pytest.raises(CashierLimit):
        adjust(till, 1)
    with pytest.raises(CashierLimit):
        asyncio.run(till.claim(sold[1], CARD, cashier="ann"))


@ODD
def test_under_a_date_that_cannot_be_a_limit_holds_too(till: Till, sell: Sell, odd: str) -> None:
    """What is done after such a sale counts on the clock's day, in the limit and in the sums."""
    sold = [sell(TODAY), sell(TODAY)]
    sell(odd)
    adjust(till, 100)
    asyncio.run(till.claim(sold[0], CARD, cashier="ann"))
    with pytest.raises(CashierLimit):
        adjust(till, 1)
    with pytest.raises(CashierLimit):
        asyncio.run(till.claim(sold[1], CARD, cashier="ann"))
    total = day(till, TODAY).total
    assert (total.adjusted_points, total.claims) == (100, 1)
    assert day(till, odd).total.adjustments == 0


def test_a_sale_of_a_date_that_cannot_be_is_claimed_within_the_limit(
    till: Till, sell: Sell
) -> None:
    """Who has claimed enough today claims no sale that says it is of another day, either."""
    today, odd = sell(TODAY), sell("2035-01-01")
    asyncio.run(till.claim(today, CARD, cashier="ann"))
    with pytest.raises(CashierLimit):
        asyncio.run(till.claim(odd, CARD, cashier="ann"))


def test_the_word_of_the_pos_stands_against_a_clock_of_no_trust(
    clock: ToyClock, till: Till, sell: Sell
) -> None:
    """Nobody is limited by a day that a clock only believes in."""
    clock.set_by(0, synchronised=False)
    adjust(till, 100)
    sell("2026-12-24")
    adjust(till, 100)
    assert day(till, "2026-12-24").total.adjusted_points == 100


def test_a_shop_opens_its_day_before_or_after_the_clock(till: Till, sell: Sell) -> None:
    """Business dates a day from the clock's, which is in UTC, are each a day of their own."""
    for each in ("2026-11-20", TODAY, "2026-11-22"):
        sell(each)
        adjust(till, 100)
        assert day(till, each).total.adjusted_points == 100


def test_a_name_is_one_name_in_capitals_too(till: Till, sell: Sell) -> None:
    """``ANN`` has no limits of her own; her rows stand as she was written."""
    sold = [sell(TODAY), sell(TODAY)]
    adjust(till, 60)
    asyncio.run(till.claim(sold[0], CARD, cashier="Ann"))
    with pytest.raises(CashierLimit):
        adjust(till, 60, cashier="ANN")
    with pytest.raises(CashierLimit):
        asyncio.run(till.claim(sold[1], CARD, cashier="aNN"))
    adjust(till, 40, cashier="ANN")
    assert {row.cashier for row in day(till, TODAY).lanes} == {"ana", "ann", "Ann", "ANN"}
    adjust(till, 100, cashier="anna")


def test_yesterdays_sales_end_no_claims(till: Till, sell: Sell) -> None:
    """A lane that hands in what it sold while it was cut off ends nobody's claim of today."""
    today = sell(TODAY)
    yesterday = sell("2026-11-20")
    assert asyncio.run(till.claim(today, CARD)).answer.points == 10
    assert asyncio.run(till.claim(yesterday, CARD, cashier="ben")).answer.points == 10


@ODD
def test_a_date_that_cannot_be_ends_no_claims(till: Till, sell: Sell, odd: str) -> None:
    """One odd sale, and today's can still be claimed; yesterday's can once today was opened no
    more.
    """
    yesterday, today = sell("2026-11-20"), sell(TODAY)
    sell(odd)
    assert asyncio.run(till.claim(today, CARD)).answer.points == 10
    sell(TODAY)
    with pytest.raises(ClaimTooLate):
        asyncio.run(till.claim(yesterday, CARD, cashier="ben"))

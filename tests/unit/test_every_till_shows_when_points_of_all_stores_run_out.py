"""A till shows for which day a member's points run out, wherever they were earned, and head office
lets just those run out on that day.
"""

import random
from collections.abc import Iterator
from datetime import date

import pytest
from chain_of_stores import Chain

from agent.core.expiry import gone_on
from sync.hub.day_items import MOST_LOTS, lots_of
from sync.hub.member_days import MemberDays, left_of

ROLLING = '[expiry]\nkind = "rolling"\nmonths = 6\n'


@pytest.fixture(name="chain")
def _chain() -> Iterator[Chain]:
    chain = Chain(ROLLING)
    yield chain
    chain.close()


def test_points_of_another_store_run_out_as_shown(chain: Chain) -> None:
    """Both stores show the same days, and on the first of them head office takes what they said, as
    soon as the stores have given back the rights to it.
    """
    here, there = chain.stores
    chain.enrol(here)
    chain.on("2026-03-10")
    chain.sell(there, 70)
    chain.on("2026-04-10")
    chain.sell(here, 40)
    chain.settle()
    shown = chain.shown(there).expires
    assert [(each.points, each.on) for each in shown] == [
        (70, date(2026, 9, 10)),
        (40, date(2026, 10, 10)),
    ]
    assert chain.shown(here).expires == shown
    chain.on("2026-09-10")
    chain.expire("2026-09-09")
    assert chain.shown(here).balance == 110
    gone = chain.expire("2026-09-10").points
    chain.sell(here, 1)
    chain.settle()
    assert gone + chain.expire("2026-09-10").points == 70
    chain.settle()
    for store in chain.stores:
        assert [each.points for each in chain.shown(store).expires] == [40, 1]


def test_the_oldest_are_spent_first_wherever_they_came_from(chain: Chain) -> None:
    """What a store spends of its own newer points comes off the other's older ones, in both."""
    here, there = chain.stores
    account = chain.enrol(here)
    chain.sell(there, 50)
    chain.on("2026-03-10")
    chain.sell(here, 50)
    chain.settle()
    chain.redeem(here, 30)
    with_both = {"2026-03-02": 20, "2026-03-10": 50}
    assert chain.lots(here, account) == with_both
    chain.settle()
    assert [chain.lots(store, account) for store in chain.stores] == [with_both] * 2


def test_a_store_that_is_cut_off_goes_on_with_what_it_knows(chain: Chain) -> None:
    """What it gives counts from its day at once, and what it takes is the oldest."""
    here, there = chain.stores
    account = chain.enrol(here)
    chain.sell(there, 50)
    chain.on("2026-03-10")
    chain.sell(here, 60)
    chain.on("2026-03-20")
    with chain.cut_off(here):
        chain.sell(here, 10)
        chain.redeem(here, 60)
        expected = {"2026-03-10": 50, "2026-03-20": 10}
        assert chain.lots(here, account) == expected
    assert [chain.lots(store, account) for store in chain.stores] == [expected] * 2


def test_what_comes_back_elsewhere_was_of_its_sale(chain: Chain) -> None:
    """A return at another store takes points of the sale's day, not of the oldest."""
    here, there = chain.stores
    account = chain.enrol(here)
    chain.sell(there, 30)
    chain.on("2026-03-10")
    sale = chain.sell(here, 40)
    chain.on("2026-03-20")
    chain.bring_back(there, sale, 15)
    chain.settle()
    expected = {"2026-03-02": 30, "2026-03-10": 25}
    assert [chain.lots(store, account) for store in chain.stores] == [expected] * 2
    assert chain.amiss() == []


@pytest.mark.parametrize("seed", [3])
def test_all_stores_and_head_office_agree_after_anything(seed: int) -> None:
    """Whoever sells, takes back and redeems what, in touch or cut off: once all is heard, every
    till has the points of the days that head office has, and they come to the balance.
    """
    dice, chain = random.Random(seed), Chain(ROLLING, stores=3)  # noqa: S311
    account, sales = chain.enrol(chain.stores[0]), []
    chain.sell(chain.stores[0], 100)
    for day in ("03-10", "03-20", "04-11"):
        chain.on(f"2026-{day}")
        with chain.cut_off(dice.choice(chain.stores)):
            for _ in range(7):
                store = dice.choice(chain.stores)
                match dice.choice(("sell", "sell", "redeem", "return")):
                    case "redeem" if chain.rights(store, account) >= 10:
                        chain.redeem(store, 10)
                    case "return" if sales:
                        chain.bring_back(store, *sales.pop())
                    case _:
                        points = dice.randint(1, 60)
                        sales.append((chain.sell(store, points), points))
    chain.settle()
    days = [chain.lots(store, account) for store in chain.stores]
    assert days == [chain.left(account)] * 3
    assert sum(days[0].values()) == chain.shown(chain.stores[0]).balance
    assert chain.amiss() == []
    chain.close()


def test_many_days_are_told_shortly() -> None:
    """Of somebody who came every day of two years the days that run out next are told, and the rest
    together; nothing is lost by it.
    """
    days = [date.fromordinal(date(2024, 1, 1).toordinal() + day).isoformat() for day in range(730)]
    told = lots_of(None, MemberDays(earned=dict.fromkeys(days, 3)), active=2_000, pending=40)
    assert len(told) == MOST_LOTS + 1
    assert sum(each.points for each in told) == 2_000
    assert told[0].earned_on < told[1].earned_on < told[-1].earned_on


def test_points_that_wait_are_the_newest() -> None:
    """As long as nobody says which they are, they are not taken for what is left of the others."""
    days = MemberDays(earned={"2026-01-01": 10, "2026-02-01": 10})
    assert left_of(days, active=10, pending=10) == [("2026-01-01", 10)]


def test_points_that_wait_are_those_of_their_day() -> None:
    """Points that wait for a store that sells no more are old: newer ones are there."""
    days = MemberDays(
        earned={"2026-01-01": 10, "2026-02-01": 10, "2026-03-01": 5}, waits={"2026-01-01": 8}
    )
    assert left_of(days, active=17, pending=8) == [
        ("2026-01-01", 2),
        ("2026-02-01", 10),
        ("2026-03-01", 5),
    ]
    assert left_of(days, active=14, pending=11) == [
        ("2026-01-01", 2),
        ("2026-02-01", 10),
        ("2026-03-01", 2),
    ]
    assert left_of(days, active=22, pending=3) == [
        ("2026-01-01", 7),
        ("2026-02-01", 10),
        ("2026-03-01", 5),
    ]


def test_what_no_day_here_brought_is_taken_of_older_ones() -> None:
    """A return whose sale is not known yet comes off the days before it."""
    days = MemberDays(earned={"2026-01-01": 10, "2026-02-01": -4})
    assert left_of(days, active=6, pending=0) == [("2026-01-01", 6)]


def test_the_day_is_the_programs(chain: Chain) -> None:
    """What is shown is the program's own rule over those days."""
    expiry = chain.program.expiry
    assert expiry is not None
    assert gone_on(expiry, date(2026, 1, 10), None) == date(2026, 7, 10)

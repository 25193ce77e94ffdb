"""Points run out at head office, when the program says: what no device has rights to at once, what
is leased as soon as it comes home, and never what was spent meanwhile.
"""

from datetime import date, timedelta

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold
from sqlalchemy import update

from agent.core.facts import (
    ActivatePoints,
    AdjustPoints,
    ExpirePoints,
    LeaseReturn,
    LotPart,
    ReturnSale,
)
from sync.hub.deciding import Expired, expire, expire_due, look_for_due
from sync.hub.tables import devices, office

_PROGRAM = """
id = "small"
version = 1
name = "Small"
currency = "USD"
[[earn]]
id = "base"
per_minor = 100
text = "points"
[expiry]
kind = "rolling"
months = 6
"""
OLD, NEW, TODAY = date(2026, 1, 10), date(2026, 6, 10), date(2026, 7, 10)


@pytest.fixture(autouse=True)
def program(house: Books) -> None:
    """A program whose points are there for half a year."""
    house.put_program(_PROGRAM, "small@1")


def run_out(house: Books, on: date = TODAY) -> Expired:
    """Head office's nightly work."""
    return house.run(lambda c: expire_due(c, TENANT, on, now=house.now))


def earn(house: Books, *, old_lease: int = 0) -> None:
    """Ten points of January and five of June."""
    house.device("s1").says(
        enrolled("a"), sold(10, sale_id="old", lease=old_lease), business_date=OLD
    )
    house.device("s1").says(sold(5, sale_id="new", lease=0), business_date=NEW)


def test_what_is_due_runs_out_once(house: Books) -> None:
    """The points of January are gone in July, those of June are not; stores are told; asked again,
    nothing more goes.
    """
    earn(house)
    assert run_out(house) == Expired(points=10, members=1, after=None)
    assert (house.account("a").active, house.account("a").available) == (5, 5)
    (fact,) = house.decided()
    assert isinstance(fact, ExpirePoints)
    assert (fact.account, fact.points, fact.due_on) == ("a", 10, TODAY)
    assert run_out(house) == Expired(points=0, members=0, after=None)
    assert house.balances()


def test_nothing_runs_out_a_day_early(house: Books) -> None:
    """On the day before, everything is there."""
    earn(house)
    assert run_out(house, date(2026, 7, 9)).points == 0


def test_what_is_leased_is_due_until_it_comes_home(house: Books) -> None:
    """A device has rights to eight of fifteen, of which ten are due: seven run out, three stay due,
    and go when the rights are back.
    """
    earn(house, old_lease=8)
    assert run_out(house).points == 7
    assert (house.account("a").active, house.account("a").due) == (8, 3)
    house.device("s1").says(LeaseReturn(account="a", recall=1, points=8))
    assert run_out(house).points == 3
    assert (house.account("a").active, house.account("a").due) == (5, 0)
    assert house.balances()


def test_what_is_spent_is_what_was_due(house: Books) -> None:
    """A redemption takes the oldest points: what was due and is spent runs out no more."""
    earn(house, old_lease=8)
    house.device("s1").says(hold("r", 8, lease=8), business_date=TODAY)
    assert run_out(house).points == 2
    assert house.account("a").active == 5


def test_what_came_back_was_of_its_sale(house: Books) -> None:
    """A sale that came back leaves no points of its day that could run out."""
    earn(house)
    house.device("s1").says(
        ReturnSale(sale_id="old", return_id="r", amount_minor=1000, account="a", from_active=10)
    )
    assert run_out(house).points == 0


def test_what_was_given_by_hand_counts_from_its_day(house: Books) -> None:
    """Points that somebody gave run out like others."""
    given = AdjustPoints(account="a", points=7, reason="sorry", cashier="c")
    house.device("s1").says(enrolled("a"), given, business_date=OLD)
    assert run_out(house).points == 7


def test_members_are_looked_at_in_turns(house: Books) -> None:
    """A chain of a million members is not one transaction: some at a time, each once."""
    for name in "abc":
        house.device("s1").says(sold(10, account=name, sale_id=name, lease=0), business_date=OLD)

    def some(after: str) -> Expired:
        return house.run(
            lambda c: expire_due(c, TENANT, TODAY, now=house.now, after=after, at_most=2)
        )

    assert some("") == Expired(points=20, members=2, after="b")
    assert some("b") == Expired(points=10, members=1, after=None)


def test_without_a_program_nothing_runs_out(house: Books) -> None:
    """Where head office knows of no expiry, points stay."""
    earn(house)
    house.now += timedelta(minutes=1)
    endless = _PROGRAM[: _PROGRAM.index("[expiry]")].replace("small", "other")
    house.put_program(endless, "other@1", "other")
    assert run_out(house).points == 0


def test_nothing_runs_out_while_devices_catch_up(house: Books) -> None:
    """A head office that was set back has forgotten what it granted, sold and took back: nothing
    runs out by what is left of its sums, also where it was found before, until every device has
    sent again what it has.
    """
    earn(house)
    house.run(lambda c: c.execute(update(office).values(generation=9)))
    found = house.run(lambda c: look_for_due(c, TENANT, TODAY))
    assert (found.members, found.held_back) == ((), True)
    assert house.run(lambda c: expire(c, TENANT, TODAY, ["a"], now=house.now)).points == 0
    assert (house.account("a").active, house.decided()) == (15, [])
    house.run(lambda c: c.execute(update(devices).values(generation=9)))
    assert run_out(house).points == 10


@pytest.mark.parametrize("again", [False, True])
def test_points_that_wait_run_out_in_no_others_place(house: Books, *, again: bool) -> None:
    """A store whose points of January still wait sold nothing more, so nobody made them active:
    those of June, of another store, are not taken for them, also where a third one wrote the sale
    of January once more. Active at last, the old ones run out, and as many as came back do not.
    """
    until = date(2026, 1, 24)
    shop = house.device("s1")
    shop.says(
        enrolled("a"),
        sold(10, sale_id="old", pending_until=until, lease=0),
        sold(20, sale_id="back", pending_until=until, lease=0),
        business_date=OLD,
    )
    house.device("s2").says(sold(7, sale_id="new", lease=0), business_date=NEW)
    if again:
        twice = sold(10, sale_id="old", pending_until=until, lease=0)
        house.device("s3").says(twice, business_date=OLD)
    assert (house.account("a").active, house.account("a").pending) == (7, 30)
    assert run_out(house).points == 0
    back = ReturnSale(sale_id="back", return_id="r", amount_minor=500, account="a", from_pending=5)
    lots = (LotPart(epoch=1, seq=3, points=10), LotPart(epoch=1, seq=4, points=15))
    shop.says(back, ActivatePoints(account="a", points=25, lots=lots), business_date=NEW)
    assert (house.account("a").active, house.account("a").pending) == (32, 0)
    assert run_out(house).points == 25
    assert house.account("a").active == 7
    assert house.balances()
    assert house.amiss() == []

"""Points run out at head office, when the program says: what no device has rights to at once, what
is leased as soon as it comes home, and never what was spent meanwhile.
"""

from datetime import date, timedelta

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold

from agent.core.facts import AdjustPoints, ExpirePoints, LeaseReturn, ReturnSale
from sync.hub.deciding import Expired, expire_due

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
def program(books: Books) -> None:
    """A program whose points are there for half a year."""
    books.put_program(_PROGRAM, "small@1")


def expire(books: Books, on: date = TODAY) -> Expired:
    """Head office's nightly work."""
    return books.run(lambda c: expire_due(c, TENANT, on, now=books.now))


def earn(books: Books, *, old_lease: int = 0) -> None:
    """Ten points of January and five of June."""
    books.device("s1").says(
        enrolled("a"), sold(10, sale_id="old", lease=old_lease), business_date=OLD
    )
    books.device("s1").says(sold(5, sale_id="new", lease=0), business_date=NEW)


def test_what_is_due_runs_out_once(books: Books) -> None:
    """The points of January are gone in July, those of June are not; stores are told; asked again,
    nothing more goes.
    """
    earn(books)
    assert expire(books) == Expired(points=10, members=1, after=None)
    assert (books.account("a").active, books.account("a").available) == (5, 5)
    (fact,) = books.decided()
    assert isinstance(fact, ExpirePoints)
    assert (fact.account, fact.points, fact.due_on) == ("a", 10, TODAY)
    assert expire(books) == Expired(points=0, members=0, after=None)
    assert books.balances()


def test_nothing_runs_out_a_day_early(books: Books) -> None:
    """On the day before, everything is there."""
    earn(books)
    assert expire(books, date(2026, 7, 9)).points == 0


def test_what_is_leased_is_due_until_it_comes_home(books: Books) -> None:
    """A device has rights to eight of fifteen, of which ten are due: seven run out, three stay due,
    and go when the rights are back.
    """
    earn(books, old_lease=8)
    assert expire(books).points == 7
    assert (books.account("a").active, books.account("a").due) == (8, 3)
    books.device("s1").says(LeaseReturn(account="a", recall=1, points=8))
    assert expire(books).points == 3
    assert (books.account("a").active, books.account("a").due) == (5, 0)
    assert books.balances()


def test_what_is_spent_is_what_was_due(books: Books) -> None:
    """A redemption takes the oldest points: what was due and is spent runs out no more."""
    earn(books, old_lease=8)
    books.device("s1").says(hold("r", 8, lease=8), business_date=TODAY)
    assert expire(books).points == 2
    assert books.account("a").active == 5


def test_what_came_back_was_of_its_sale(books: Books) -> None:
    """A sale that came back leaves no points of its day that could run out."""
    earn(books)
    books.device("s1").says(
        ReturnSale(sale_id="old", return_id="r", amount_minor=1000, account="a", from_active=10)
    )
    assert expire(books).points == 0


def test_what_was_given_by_hand_counts_from_its_day(books: Books) -> None:
    """Points that somebody gave run out like others."""
    given = AdjustPoints(account="a", points=7, reason="sorry", cashier="c")
    books.device("s1").says(enrolled("a"), given, business_date=OLD)
    assert expire(books).points == 7


def test_members_are_looked_at_in_turns(books: Books) -> None:
    """A chain of a million members is not one transaction: some at a time, each once."""
    for name in "abc":
        books.device("s1").says(sold(10, account=name, sale_id=name, lease=0), business_date=OLD)

    def some(after: str) -> Expired:
        return books.run(
            lambda c: expire_due(c, TENANT, TODAY, now=books.now, after=after, at_most=2)
        )

    assert some("") == Expired(points=20, members=2, after="b")
    assert some("b") == Expired(points=10, members=1, after=None)


def test_without_a_program_nothing_runs_out(books: Books) -> None:
    """Where head office knows of no expiry, points stay."""
    earn(books)
    books.now += timedelta(minutes=1)
    endless = _PROGRAM[: _PROGRAM.index("[expiry]")].replace("small", "other")
    books.put_program(endless, "other@1", "other")
    assert expire(books).points == 0

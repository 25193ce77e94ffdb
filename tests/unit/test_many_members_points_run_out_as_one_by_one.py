"""Members are gone through many at once, and to each happens what would happen alone."""

from datetime import date
from typing import Any

from head_office_books import NOW, TENANT, Books, hold, sold, spent
from hypothesis import given
from hypothesis import strategies as st
from mentioned import basket
from postgres import PrivatePostgres
from program_strategies import expiries
from sqlalchemy import event, select

from agent.core.account import Account, Lot
from agent.core.expiry import expires
from agent.core.facts import (
    LeaseReturn,
)
from agent.core.program import Expiry
from sync.hub.database import Database
from sync.hub.deciding import expire_due, merge_accounts
from sync.hub.expiring import gone
from sync.hub.member_days import MemberDays
from sync.hub.tables import accounts, decisions, feed

TODAY = date(2026, 7, 10)
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

_days = st.dates(date(2025, 6, 1), date(2026, 7, 10))


def plainly_due(earned: dict[date, int], expiry: Expiry, active: int, last: date | None) -> int:
    """What is gone today, told slowly: lots from the newest on, and the core's own judgement."""
    there = []
    for day in sorted(earned, reverse=True):
        points = min(active, earned[day])
        active -= points
        if points:
            there.append(Lot(points=points, earned_on=day))
    member = Account(lots=tuple(there), last_activity_on=last)
    return sum(each.points for each in expires(expiry, member) if each.on <= TODAY)


@given(
    earned=st.dictionaries(_days, st.integers(1, 50), max_size=8),
    expiry=expiries,
    active=st.integers(0, 200),
    last=st.none() | _days,
)
def test_what_is_due_is_what_a_plain_reading_says(
    earned: dict[date, int], expiry: Expiry, active: int, last: date | None
) -> None:
    """Whatever came on whatever day, by every kind of expiry."""
    days = MemberDays(
        earned={day.isoformat(): points for day, points in earned.items()},
        last_act=None if last is None else last.isoformat(),
    )
    assert gone(expiry, days, active=active, pending=0, on=TODAY) == plainly_due(
        earned, expiry, active, last
    )


def befall(books: Books) -> None:
    """Members of every sort: with old points, leased, spent, merged, sold twice, with a tier."""
    books.put_program(_PROGRAM, "small@1")
    here, there = books.device("s1"), books.device("s2")
    old, new = date(2026, 1, 5), date(2026, 6, 5)
    for number in range(7):
        name = f"m-{number}"
        here.writes(sold(10, account=name, sale_id=f"old-{number}", lease=0), business_date=old)
        there.writes(sold(5, account=name, sale_id=f"new-{number}", lease=0), business_date=new)
    here.writes(sold(9, account="m-1", sale_id="leased", lease=9), business_date=old)
    here.writes(*spent("r-2", 8, account="m-2"), hold("r-3", 3, account="m-3"), business_date=new)
    there.writes(sold(12, account="m-4", sale_id="old-4", lease=0, sale_json=basket()))
    here.delivers()
    there.delivers()
    books.run(lambda c: merge_accounts(c, TENANT, "m-5", "m-6", now=books.now))


def kept(books: Books) -> dict[str, list[Any]]:
    """All that expiry changes; the feed's numbers apart, which are only an order."""

    def read(c: Any) -> dict[str, list[Any]]:
        told = select(feed.c.kind, feed.c.key).order_by(feed.c.kind, feed.c.key)
        return {
            "accounts": c.execute(select(accounts).order_by(accounts.c.account)).all(),
            "decisions": c.execute(select(decisions).order_by(decisions.c.seq)).all(),
            "told": c.execute(told).all(),
        }

    return books.database.read(read)


def go_through(books: Books, at_once: int) -> None:
    """Go through all members, so many at once."""
    after: str | None = ""
    while after is not None:
        gone = books.run(
            lambda c, a=after: expire_due(c, TENANT, TODAY, now=NOW, after=a, at_most=at_once)
        )
        after = gone.after


def test_all_at_once_or_one_by_one(house: Books, postgres: PrivatePostgres) -> None:
    """Both databases come to the same, however many members a transaction takes; what is leased
    stays due, and goes as soon as it comes home.
    """
    other = Books(database=Database(postgres.url(postgres.new_database())))
    other.database.start()
    try:
        for books, at_once in ((house, 1), (other, 200)):
            befall(books)
            go_through(books, at_once)
        assert kept(house) == kept(other)
        assert [row.due for row in kept(house)["accounts"]] == [0, 4, 0, 0, 0, 0, 0]
        for books, at_once in ((house, 1), (other, 200)):
            books.device("s1").says(LeaseReturn(account="m-1", recall=1, points=9))
            go_through(books, at_once)
            assert books.amiss() == []
        assert kept(house) == kept(other)
        assert {row.due for row in kept(house)["accounts"]} == {0}
    finally:
        other.database.stop()


def test_many_members_are_a_handful_of_statements(house: Books) -> None:
    """As many for two hundred members as for one: the database is not asked for each."""
    house.put_program(_PROGRAM, "small@1")
    sales = (sold(10, account=f"m-{n}", sale_id=f"s-{n}", lease=0) for n in range(200))
    house.device("s1").says(*sales, business_date=date(2026, 1, 5))
    asked = []
    engine = house.database.engine

    def note(*of: object) -> None:
        asked.append(of)

    event.listen(engine, "before_cursor_execute", note)
    try:
        gone = house.run(lambda c: expire_due(c, TENANT, TODAY, now=NOW))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert (gone.points, gone.members) == (2000, 200)
    assert len(asked) < 25
    assert house.balances()

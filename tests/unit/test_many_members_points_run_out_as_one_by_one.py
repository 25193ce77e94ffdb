"""Members are gone through many at once, and to each happens what would happen alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from head_office_books import NOW, TENANT, Books, enrolled, hold, sold, spent
from hypothesis import given
from hypothesis import strategies as st
from mentioned import basket
from postgres import PrivatePostgres
from program_strategies import expiries
from sqlalchemy import event, select

from agent.core.account import Account, Lot
from agent.core.entry import Entry
from agent.core.expiry import expires
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    AdjustPoints,
    ClaimSale,
    Fact,
    LeaseReturn,
    RedeemReward,
    ReturnSale,
    VoidSale,
)
from agent.core.program import Expiry
from sync.hub.database import Database
from sync.hub.deciding import expire_due, merge_accounts
from sync.hub.earnings import Earnings
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

_some = st.integers(1, 50)
_sales = st.sampled_from(["s-1", "s-2", "s-3"])
_days = st.dates(date(2025, 6, 1), date(2026, 7, 10))


def _claim(sale_id: str, points: int) -> ClaimSale:
    return ClaimSale(sale_id=sale_id, account="a", token="em4100:0C000621A5", program="p@1",
                     points=points, because=(), flags=())  # fmt: skip


def _return(sale_id: str, points: int, given_back: int) -> ReturnSale:
    return ReturnSale(sale_id=sale_id, return_id="r", amount_minor=1, account="a",
                      from_active=points, given_back=given_back)  # fmt: skip


def _void(sale_id: str, points: int) -> VoidSale:
    return VoidSale(sale_id=sale_id, account="a", from_pending=points)


_facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(lambda sale, points: sold(points, sale_id=sale), _sales, _some),
    st.builds(_claim, _sales, _some),
    st.builds(_return, _sales, _some, _some),
    st.builds(_void, _sales, _some),
    st.builds(lambda n: AdjustPoints(account="a", points=n, reason="x", cashier="c"),
              st.integers(-50, 50).filter(bool)),
    st.builds(lambda n: AccumulatePromotionPoints(account="a", points=n, promotion="p", because=()),
              _some),
    st.just(RedeemReward(redemption_id="r", account="a", points=5)),
    st.just(enrolled("a")),
)  # fmt: skip


def plainly_due(written: Sequence[tuple[date, Fact]], expiry: Expiry, active: int, on: date) -> int:
    """What is gone by a day, told slowly: lots from the newest on, and the core's own judgement."""
    lots: Counter[date] = Counter()
    sale_ids = {
        fact.sale_id for _, fact in written if isinstance(fact, AccumulatePoints | ClaimSale)
    }
    for sale_id in sale_ids:
        copies = [
            (day, fact.points)
            for day, fact in written
            if isinstance(fact, AccumulatePoints | ClaimSale) and fact.sale_id == sale_id
        ]
        back = sum(
            fact.from_active + fact.from_pending
            for _, fact in written
            if isinstance(fact, ReturnSale | VoidSale) and fact.sale_id == sale_id
        )
        lots[min(day for day, _ in copies)] += max(0, max(points for _, points in copies) - back)
    for day, fact in written:
        if isinstance(fact, AccumulatePromotionPoints | AdjustPoints):
            lots[day] += max(0, fact.points)
        elif isinstance(fact, ReturnSale | VoidSale):
            lots[day] += fact.given_back
    there = []
    for day in sorted(lots, reverse=True):
        points = min(active, lots[day])
        active -= points
        if points:
            there.append(Lot(points=points, earned_on=day))
    bought = AccumulatePoints | ClaimSale | RedeemReward
    last = max((day for day, fact in written if isinstance(fact, bought)), default=None)
    member = Account(lots=tuple(there), last_activity_on=last)
    return sum(each.points for each in expires(expiry, member) if each.on <= on)


@given(
    written=st.lists(st.tuples(_days, _facts), max_size=12),
    expiry=expiries,
    active=st.integers(0, 200),
    on=_days,
)
def test_what_is_due_is_what_a_plain_reading_says(
    written: list[tuple[date, Fact]], expiry: Expiry, active: int, on: date
) -> None:
    """Whatever was written in whatever order, by every kind of expiry."""
    earned = Earnings()
    for seq, (day, fact) in enumerate(written, start=1):
        entry = Entry(id=f"e-{seq}", epoch=1, seq=seq, recorded_at="2026-07-10T12:00:00.000Z",
                      business_date=day, fact=fact)  # fmt: skip
        earned.read(entry.canonical())
    assert earned.due(expiry, active, on) == plainly_due(written, expiry, active, on)


def test_an_entry_without_a_business_date_counts_on_its_own() -> None:
    """Version 0.1 wrote none: then the device's clock says the day."""
    earned = Earnings()
    entry = Entry(id="e", epoch=1, seq=1, recorded_at="2026-01-10T12:00:00.000Z", fact=sold(10))
    earned.read(entry.canonical())
    half_a_year = Expiry(kind="rolling", months=6)
    assert [earned.due(half_a_year, 10, date(2026, 7, day)) for day in (9, 10)] == [0, 10]


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

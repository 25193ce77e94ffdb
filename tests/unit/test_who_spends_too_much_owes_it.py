"""What was redeemed beyond what there was stands, and is owed: seen, bounded, and paid by what is
earned next.
"""

from datetime import date, timedelta

from head_office_books import TENANT, Books, enrolled, hold, sold, spent
from sqlalchemy import update

from agent.core.facts import AdjustPoints, ExpirePoints, LeaseReturn, SettleConflict
from sync.hub.debts import settle_debts
from sync.hub.deciding import decide
from sync.hub.tables import accounts


def overspent(books: Books) -> None:
    """Ten points, earned in one store, spent there and once more on another's floor."""
    books.device("s1").says(enrolled("a"), sold(10), *spent("r1", 10, lease=10))
    books.device("s2").says(*spent("r2", 10))


def test_what_two_stores_spent_is_a_debt(books: Books) -> None:
    """Both redemptions stand; the member owes what the second took, and no store gives more floor;
    a row names the cause, and it stays open until it is paid.
    """
    overspent(books)
    member = books.account("a")
    assert (member.active, member.available, member.denied) == (-10, -10, True)
    assert books.balances()
    (row,) = books.found()
    assert (row.kind, row.account, row.points, row.store) == ("overspend", "a", 10, "s2")
    assert row.state == "open"
    assert "spent 10 points more than there were, by entry 1:2 of house/s2/d" in row.text
    (fact,) = books.decided()
    assert isinstance(fact, SettleConflict)
    assert (fact.conflict, fact.account, fact.points) == ("overspend", "a", 10)


def test_a_debt_is_paid_by_what_is_earned(books: Books) -> None:
    """Points that are earned and come home pay: then floor is given again, and stores hear it."""
    overspent(books)
    earner = books.device("s1")
    earner.says(sold(12, sale_id="next"))
    assert books.account("a").denied
    earner.says(LeaseReturn(account="a", recall=1, points=12))
    assert (books.account("a").available, books.account("a").denied) == (2, False)
    (row,) = books.found()
    assert row.state == "resolved"
    told = books.decided()[-1]
    assert isinstance(told, SettleConflict)
    assert told.text == "a has paid what was owed."


def test_each_debt_is_a_finding_of_its_own(books: Books) -> None:
    """A member who paid and spends too much again is found again; while they owe, once."""
    overspent(books)
    books.device("s3").says(*spent("r3", 5))
    assert len(books.found("overspend")) == 1
    decided = AdjustPoints(account="a", points=20, reason="sorry", cashier="c")
    books.run(lambda c: decide(c, TENANT, decided, now=books.now))
    books.run(lambda c: settle_debts(c, TENANT, ["a"], now=books.now))
    assert not books.account("a").denied
    books.device("s3").says(*spent("r4", 9))
    assert [row.state for row in books.found("overspend")] == ["resolved", "open"]


def test_the_debt_of_a_merged_account_is_the_members(books: Books) -> None:
    """Entries under an account that was merged put its root into debt."""
    books.device("s1").says(enrolled("b"))
    books.device("s2").says(enrolled("a"))
    books.device("s1").says(*spent("r", 3, account="b"))
    assert books.account("a").denied
    assert books.found("overspend")[0].account == "a"


def expire(books: Books, points: int, due_on: date) -> None:
    """Head office lets points run out."""
    fact = ExpirePoints(account="a", points=points, due_on=due_on)
    books.run(lambda c: decide(c, TENANT, fact, now=books.now))
    books.run(lambda c: c.execute(update(accounts).values(expired=points)))


def test_what_ran_out_unheard_is_given_back(books: Books) -> None:
    """Points ran out at head office while a store that was cut off redeemed them: they are given
    back, as far as that goes, and only the rest is owed.
    """
    books.device("s1").says(enrolled("a"), sold(10, lease=0))
    expire(books, 10, date(2026, 11, 20))
    books.device("s2").says(hold("r", 12))
    member = books.account("a")
    assert (member.active, member.available, member.expired) == (-2, -2, 0)
    found = {row.kind: row.points for row in books.found()}
    assert found == {"expired_then_redeemed": 10, "overspend": 2}
    given = books.decided()[1]
    assert isinstance(given, AdjustPoints)
    assert (given.points, books.found("expired_then_redeemed")[0].decision_seq) == (10, 2)


def test_what_ran_out_long_ago_is_gone(books: Books) -> None:
    """A redemption weeks after points ran out is no excuse: all of it is owed."""
    books.device("s1").says(enrolled("a"), sold(10, lease=0))
    expire(books, 10, date(2026, 11, 21) - timedelta(days=15))
    books.device("s2").says(hold("r", 12))
    assert books.kinds() == {"overspend"}
    assert books.account("a").available == -12

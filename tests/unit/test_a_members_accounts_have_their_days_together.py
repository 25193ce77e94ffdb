"""What the days of somebody with more than one account brought is what all of these got."""

from books import NOW, Books, Life, a_sale

from sync.hub.deciding import merge_accounts
from sync.hub.member_days import MemberDays, days_of


def test_what_one_day_brought_to_each_is_added_up(any_books: Books) -> None:
    """Two accounts that were merged have one day of sales between them, and whoever else is asked
    for beside them has their own.
    """
    sales = (a_sale("s-1", "a", 5), a_sale("s-2", "b", 7), a_sale("s-3", "c", 9))
    life = Life(0, "disk-1").then(1).write(*sales)
    any_books.take(life.batch())
    any_books.database.transact(lambda c: merge_accounts(c, "house", "a", "b", now=NOW))
    found = any_books.database.read(lambda c: days_of(c, "house", ["b", "c", "nobody"]))
    assert {name: list(days.earned.values()) for name, days in found.items()} == {
        "b": [12],
        "c": [9],
        "nobody": [],
    }
    assert found["b"].bought
    assert found["nobody"] == MemberDays()

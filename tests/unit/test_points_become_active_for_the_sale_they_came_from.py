"""An activation names entries of its own ledger, which head office may hear later than it: whose
points became active, and of which sale, does not depend on that.
"""

from datetime import date
from itertools import permutations

import pytest
from books import EDGE, OTHER, Books, Life, a_sale
from msgspec.structs import replace
from sqlalchemy import update

from agent.core.facts import AccumulatePoints, ActivatePoints, LotPart
from sync.hub.tables import journals

_UNTIL = date(2026, 11, 22)


@pytest.fixture
def books(any_books: Books) -> Books:
    """Head office's empty books, in either kind of database."""
    return any_books


def waiting(sale_id: str, account: str, points: int) -> AccumulatePoints:
    """A sale whose points wait."""
    return replace(a_sale(sale_id, account, points), pending_until=_UNTIL)


def activation(account: str, *lots: LotPart) -> ActivatePoints:
    """What waited became active."""
    return ActivatePoints(account=account, points=sum(each.points for each in lots), lots=lots)


def fence(books: Books) -> None:
    """End every epoch that is held."""
    books.database.transact(lambda c: c.execute(update(journals).values(fenced="unclean")))


def has(books: Books, account: str) -> tuple[int, int]:
    """What an account has: active, pending."""
    active, pending, _, _ = books.account(account)
    return active, pending


def test_another_boxs_sale_at_the_same_place_is_not_meant(books: Books) -> None:
    """A copied box sold to one member what the other box, at the same place of its journal, sold to
    another, and makes it active before head office has heard of that sale: nobody else's points
    become active, neither then nor when the sale is heard.
    """
    one = Life().write(a_sale("s-1", "ana", 1), waiting("s-2", "ben", 46))
    copy = one.cut(1).write(waiting("s-3", "eve", 58))
    later = one.then(2).write(activation("ben", LotPart(epoch=0, seq=2, points=46)))
    books.take(copy.batch())
    fence(books)
    books.take(later.batch())
    assert (has(books, "eve"), has(books, "ben")) == ((0, 58), (46, -46))
    assert books.faults() == []
    books.take(one.batch())
    assert (has(books, "eve"), has(books, "ben")) == ((0, 58), (46, 0))
    assert books.faults() == []


def test_it_is_put_right_where_the_branch_turns_out_later(books: Books) -> None:
    """As long as the box that head office heard of has written less than the other, nobody can say
    that it is not the one: what was taken for its sale is put right once it is known.
    """
    one = Life().write(a_sale("s-1", "ana", 1), waiting("s-2", "ben", 46), a_sale("s-4", "ana", 1))
    copy = one.cut(1).write(waiting("s-3", "eve", 58))
    later = one.then(2).write(activation("ben", LotPart(epoch=0, seq=2, points=46)))
    books.take(copy.batch())
    fence(books)
    books.take(later.batch())
    assert books.faults() == []
    books.take(one.batch(1, 2))
    assert books.faults() == []
    books.take(one.batch(3))
    assert (has(books, "eve"), has(books, "ben")) == ((0, 58), (46, 0))
    assert books.faults() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_ends_alike(books: Books, order: tuple[int, ...]) -> None:
    """Points of two sales wait; of one of them another store wrote a copy that gave another member
    more. Whether the activation comes before or after the sales and that copy, the same points are
    active.
    """
    one = Life().write(waiting("s-1", "ana", 10), waiting("s-2", "ana", 20))
    lots = LotPart(epoch=0, seq=1, points=10), LotPart(epoch=0, seq=2, points=20)
    later = one.then(1).write(activation("ana", *lots))
    elsewhere = Life(0, "disk-2").write(waiting("s-1", "ben", 15))
    arrivals = [(one.batch(), EDGE), (later.batch(), EDGE), (elsewhere.batch(), OTHER)]
    for number in order:
        books.take(*arrivals[number])
        assert books.faults() == []
    assert (has(books, "ana"), has(books, "ben")) == ((20, 0), (10, 5))

"""What stores hear of each other comes after what they say: marks wait while messages do."""

import pytest
from books import EDGE, NOW, Books
from sqlalchemy import func, select

from sync.hub import numbering
from sync.hub.marking import mark
from sync.hub.office import HeadOffice
from sync.hub.tables import feed, marks, tenants


class Office:
    """Head office, and how it stands with marks."""

    def __init__(self) -> None:
        self.books = Books("sqlite://")
        self.head = HeadOffice(self.books.database, clock=lambda: NOW, mint=str)

    def mark(self, *accounts: str) -> None:
        """Say that these changed."""
        self.books.database.transact(lambda c: mark(c, EDGE.tenant, "account", accounts))

    def sweep(self, *, is_busy: bool) -> int:
        """Sweep; answers how many things have a number then."""
        self.head.sweep(is_busy=is_busy)
        return self._count(feed)

    @property
    def waiting(self) -> int:
        """How many rows of marks wait."""
        return self._count(marks)

    @property
    def numbers(self) -> int:
        """How many numbers were given."""
        given = select(tenants.c.feed_seq)
        return self.books.database.read(lambda c: c.execute(given).scalar_one())

    def _count(self, table: object) -> int:
        return self.books.database.read(
            lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
        )


@pytest.fixture
def office() -> Office:
    """A head office with a mark."""
    made = Office()
    made.mark("a")
    return made


def test_at_once_where_nothing_waits(office: Office) -> None:
    """The sweep of the second numbers them."""
    assert office.sweep(is_busy=False) == 1
    assert office.waiting == 0


def test_after_nine_sweeps_at_the_latest(office: Office) -> None:
    """However many messages wait, and again after as many."""
    assert [office.sweep(is_busy=True) for _ in range(10)] == [*[0] * 9, 1]
    office.mark("b")
    assert [office.sweep(is_busy=True) for _ in range(10)] == [*[1] * 9, 2]


def test_what_is_left_is_not_put_off_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much for one go goes on with the next sweep, and in idle moments."""
    monkeypatch.setattr(numbering, "_FEW", 1)
    office.mark("b")
    office.mark("c")
    assert [office.sweep(is_busy=True) for _ in range(9)] == [0] * 9
    assert not office.head.is_behind
    assert office.sweep(is_busy=True) == 1
    assert office.head.is_behind
    assert [office.sweep(is_busy=True) for _ in range(2)] == [2, 3]
    assert not office.head.is_behind


def test_what_never_ends_is_put_off_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """While messages wait without end, five goes in a row are followed by nine sweeps without."""
    monkeypatch.setattr(numbering, "_FEW", 1)
    office.mark(*(f"member-{number}" for number in range(20)))
    numbered = [office.sweep(is_busy=True) for _ in range(24)]
    assert numbered == [*[0] * 9, 1, 2, 3, 4, 5, *[5] * 9, 6]


def test_a_few_at_a_time_while_messages_wait(office: Office) -> None:
    """A customer at a till waits for no thousand of them; the rest have their numbers as soon as
    nothing waits any more.
    """
    office.mark(*(f"member-{number}" for number in range(999)))
    first = [office.sweep(is_busy=True) for _ in range(11)][-2:]
    assert 0 < first[0] <= 200
    assert first[1] == 2 * first[0]
    assert office.head.is_behind
    assert office.sweep(is_busy=False) == 1_000
    assert not office.head.is_behind


def test_one_thing_that_changed_often_gets_one_number(office: Office) -> None:
    """However many transactions marked it."""
    for _ in range(10):
        office.mark("a", "b")
    assert office.sweep(is_busy=False) == 2
    assert office.waiting == 0


def test_it_gets_one_also_where_too_much_changed_for_one_go(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no number yet has none of its later marks either."""
    monkeypatch.setattr(numbering, "_MOST", 2)
    for _ in range(5):
        office.mark("a", "b", "c")
    assert [office.sweep(is_busy=False) for _ in range(2)] == [2, 3]
    assert office.waiting == 0
    assert office.numbers == 3

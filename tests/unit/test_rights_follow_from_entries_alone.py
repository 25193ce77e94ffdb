"""Rights at head office are what the devices' entries say of them; the rest is available."""

from typing import Any

import pytest
from books import NOW, OTHER, Books, Life, a_capture, a_hold, a_sale
from numbered import number_all_marks
from sqlalchemy import delete, insert, select, update

from agent.core.facts import LeaseGrant, LeaseReturn
from sync.hub.deciding import merge_accounts
from sync.hub.tables import accounts, feed, journals, rights


@pytest.fixture
def books(any_books: Books) -> Books:
    """Head office's empty books, in either kind of database."""
    return any_books


def rights_of(books: Books) -> dict[str, int]:
    """What all devices may spend, by account."""
    found: dict[str, int] = {}
    for row in books.database.read(lambda c: c.execute(select(rights)).all()):
        found[row.account] = found.get(row.account, 0) + row.granted + row.change
    return found


def grant(books: Books, account: str, points: int) -> None:
    """Grant so much to the newest journal, as head office does."""
    journal_id = books.journals()[-1].id

    def work(c: Any) -> None:
        row = {"journal_id": journal_id, "account": account, "granted": points}
        c.execute(insert(rights).values(row))
        c.execute(update(accounts).values(available=accounts.c.available - points))

    books.database.transact(work)


def heard(account: str, total: int) -> LeaseGrant:
    """A device says what it was granted."""
    return LeaseGrant(account=account, granted_total=total, generation=0)


def test_what_is_earned_in_an_opened_epoch_joins_the_right(books: Books) -> None:
    """Points of a sale are the device's to spend, so nothing of them is available elsewhere."""
    opened = Life().then(1).write(a_sale("s-1", "ana", 50, lease=50))
    assert books.take(opened.batch()).opened
    assert books.account("ana") == (50, 0, 0, 0)
    assert rights_of(books) == {"ana": 50}
    assert books.faults() == []


def test_an_epoch_nobody_opened_has_no_rights(books: Books) -> None:
    """What entries say of rights counts for nothing where head office never opened the epoch: the
    points are available, and stay so when that epoch spends.
    """
    life = Life().write(a_sale("s-1", "ana", 50, lease=50), a_hold("r-1", "ana", 20))
    assert not books.take(life.batch()).opened
    assert books.account("ana") == (30, 0, 20, 30)
    assert rights_of(books) == {"ana": 0}
    assert books.faults() == []


def test_a_hold_spends_the_right_and_floor_what_is_available(books: Books) -> None:
    """The part a right covers comes off the right, the floor off what is available, below zero too;
    the floor of an epoch is added up; a capture moves neither.
    """
    opened = (
        Life()
        .then(1)
        .write(
            a_sale("s-1", "ana", 50, lease=50),
            a_hold("r-1", "ana", 60, floor=10),
            a_capture("r-1", "ana", 60),
        )
    )
    books.take(opened.batch(1, 3))
    assert books.account("ana") == (-10, 0, 60, -10)
    books.take(opened.batch(4))
    assert books.account("ana") == (-10, 0, 0, -10)
    assert rights_of(books) == {"ana": 0}
    assert books.journals()[-1].floor == 10
    assert books.faults() == []


def test_a_return_makes_points_available_again(books: Books) -> None:
    """Only what a device says it returned is re-credited, once."""
    opened = Life().then(1).write(a_sale("s-1", "ana", 50, lease=50))
    opened.write(LeaseReturn(account="ana", recall=1, points=30))
    for _ in range(2):
        books.take(opened.batch())
        assert books.account("ana") == (50, 0, 0, 30)
        assert rights_of(books) == {"ana": 20}
    assert books.faults() == []


def test_a_grant_that_was_forgotten_is_adopted(books: Books) -> None:
    """A device that was granted more than head office knows of, because that was restored, keeps
    it, and it comes off what is available; a grant that is known changes nothing.
    """
    books.take(Life(0, "disk-9", a_sale("s-9", "ana", 100)).batch(), OTHER)
    opened = Life().then(1).write(heard("ana", 40))
    books.take(opened.batch(1, 1))
    grant(books, "ana", 30)
    assert books.account("ana") == (100, 0, 0, 70)
    books.take(opened.batch(2))
    assert books.account("ana") == (100, 0, 0, 60)
    books.take(opened.write(heard("ana", 35)).batch(3))
    assert books.account("ana") == (100, 0, 0, 60)
    assert rights_of(books) == {"ana": 40}
    assert books.faults() == []


def test_rights_that_came_home_are_not_spent_again(books: Books) -> None:
    """Once an epoch's rights were written off, what is heard of it later comes off what is
    available, and a late return of them brings nothing.
    """
    opened = Life().then(1).write(a_sale("s-1", "ana", 50, lease=50))
    books.take(opened.batch())

    def write_off(c: Any) -> None:
        c.execute(update(journals).values(written_off=True))
        c.execute(update(rights).values(granted=-rights.c.change))
        c.execute(update(accounts).values(available=accounts.c.available + 50))

    books.database.transact(write_off)
    late = LeaseReturn(account="ana", recall=1, points=20)
    books.take(opened.write(a_hold("r-1", "ana", 30), late).batch(3))
    assert books.account("ana") == (20, 0, 30, 20)
    assert rights_of(books) == {"ana": 0}
    assert books.faults() == []


def test_a_branch_has_no_rights(books: Books) -> None:
    """What a set-back disk wrote beside what is held moves points and no rights: the lease may have
    been spent on both sides, so both come off, and what is missing is a debt.
    """
    opened = Life().then(1).write(a_sale("s-1", "ana", 50, lease=50))
    set_back = opened.cut(2).write(a_hold("r-2", "ana", 40))
    opened.write(a_hold("r-1", "ana", 50))
    books.take(opened.batch())
    books.database.transact(lambda c: c.execute(update(journals).values(fenced="unclean")))
    books.take(set_back.batch())
    assert books.account("ana") == (-40, 0, 90, -40)
    assert rights_of(books) == {"ana": 0}
    assert books.faults() == []


def test_what_moves_on_a_merged_account_moves_on_its_root(books: Books) -> None:
    """Entries under an account that was merged into another are posted to that other, while the
    rights stay where the device has them.
    """
    life = Life().then(1).write(a_sale("s-1", "ana", 5, lease=5), a_sale("s-2", "root", 7, lease=7))
    books.take(life.batch())

    def merge(c: Any) -> None:
        ana = accounts.c.account == "ana"
        c.execute(update(accounts).where(ana).values(root="root", active=0, available=0))
        c.execute(update(accounts).where(~ana).values(active=12, available=0))

    books.database.transact(merge)
    booked = books.take(life.write(a_sale("s-3", "ana", 30, lease=30)).batch(4))
    assert booked.accounts_changed >= {"ana", "root"}
    assert books.account("ana") == (0, 0, 0, 0)
    assert books.account("root") == (42, 0, 0, 0)
    assert rights_of(books) == {"ana": 35, "root": 7}
    assert books.faults() == []


def test_the_feed_tells_of_every_account_that_a_batch_moved(books: Books) -> None:
    """Under the name that was written, and the one it was merged into; and of nobody else."""
    books.device()
    life = Life(0, "disk-1", a_sale("s-1", "ana", 50), a_sale("s-2", "bob", 5))
    books.take(life.batch(1, 1))
    assert _marked(books) == {"ana"}
    books.database.transact(lambda c: merge_accounts(c, "house", "bob", "root", now=NOW))
    books.database.transact(lambda c: c.execute(delete(feed)))
    books.take(life.batch(2))
    assert _marked(books) == {"bob", "root"}


def _marked(books: Books) -> set[str]:
    books.database.transact(number_all_marks)
    of_accounts = select(feed.c.key).where(feed.c.kind == "account")
    return set(books.database.read(lambda c: c.execute(of_accounts).scalars().all()))
